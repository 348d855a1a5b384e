"""What a `.tflite` file says, read without the interpreter: tensors, operators, signatures.

The numbers of the fields are those of LiteRT's `schema.fbs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from mmap import mmap

from .flatbuffer import Buffer, FlatbufferTable, UnsoundModel

MOST = 100_000
"Tensors or operators: the largest of models has a few thousand."
RANK = 16
IF, WHILE = 118, 119
# By operator, the type of the options that it must have: what it calls, how many parts it makes.
_CALLS, _PARTS = {IF: 92, WHILE: 93}, {49: 35, 102: 79, 88: 64}
# By type of options, the list that they are.
_LISTS = {17: "i", 30: "i", 115: "f"}
_BLOCKWISE = 2
"The kind of quantisation that has a scale for each block of a row."


@dataclass(frozen=True)
class Tensor:
    """An array of a graph.

    Attributes:
        shape: Its sizes, -1 where any will do.
        sizes: The sizes with which it is planned.
        kind: The number of its type.
        constant: Bytes of a constant, else 0.
        variable: Whether it keeps its numbers from one run to the next.
        scales: Of a quantised one how many scales and zero points, and along which dimension.
        blocks: Of one with a scale for each block of a row, the tensor of these scales and how many
            numbers a block has; else None.
    """

    shape: tuple[int, ...]
    sizes: tuple[int, ...]
    kind: int
    constant: int
    variable: bool
    scales: tuple[int, int, int]
    blocks: tuple[int, int] | None = None


@dataclass(frozen=True)
class Operator:
    """One step: tensors in and out, the graphs that it calls, the parts that it promises."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    intermediates: tuple[int, ...]
    calls: tuple[int, ...]
    parts: int | None


@dataclass(frozen=True)
class Graph:
    """Operators in the order in which they run."""

    tensors: list[Tensor]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: list[Operator]


@dataclass(frozen=True)
class Signature:
    """Names of the inputs and outputs of one graph."""

    graph: int
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class LiteModel:
    """The graphs and signatures of a file."""

    graphs: list[Graph]
    signatures: list[Signature]


def read_model(content: bytes | mmap) -> LiteModel:
    """Read the model at the beginning of a file.

    Raises:
        UnsoundModel: It leads out of the file, or is of a kind that tfkd does not write.
    """
    root = Buffer(content).root()
    if any(root.span(slot)[1] for slot in (8, 9)):
        raise UnsoundModel("its weights are in other files")
    root.text(3), root.numbers(5)
    codes = [_code(table) for table in root.tables(1)]
    constants = [_constant(table) for table in root.tables(4)]
    for table in root.tables(6):
        table.text(0)
        if table.number(1, "I") >= len(constants):
            raise UnsoundModel("its metadata is not there")
    graphs = [_graph(table, codes, constants) for table in root.tables(2)]
    return LiteModel(graphs, [_signature(table) for table in root.tables(7)])


def _code(table: FlatbufferTable) -> int:
    table.text(1)
    return max(table.number(0, "b"), table.number(3))


def _constant(table: FlatbufferTable) -> int:
    if table.number(1, "Q") > 1 or table.number(2, "Q") > 1:
        raise UnsoundModel("its weights lie outside of the model")
    return table.span(0)[1]


def _graph(table: FlatbufferTable, codes: list[int], constants: list[int]) -> Graph:
    if max(table.span(slot, 4)[1] for slot in (0, 3)) > MOST:
        raise UnsoundModel(f"it has more than {MOST:,} tensors or operators")
    table.text(4)
    return Graph(
        [_tensor(tensor, constants) for tensor in table.tables(0)],
        table.numbers(1),
        table.numbers(2),
        [_operator(operator, codes) for operator in table.tables(3)],
    )


def _tensor(table: FlatbufferTable, constants: list[int]) -> Tensor:
    buffer = table.number(2, "I")
    if buffer >= len(constants) or table.has(6) or table.number(10, "I"):
        raise UnsoundModel("a tensor has no weights, or sparse ones")
    if table.span(0, 4)[1] > RANK:
        raise UnsoundModel(f"a tensor has more than {RANK} dimensions")
    table.text(3)
    sizes = table.numbers(0)
    return Tensor(
        shape=table.numbers(7) or sizes,
        sizes=sizes,
        kind=table.number(1, "b"),
        constant=constants[buffer],
        variable=bool(table.number(5, "b")),
        scales=_scales(table.table(4)),
        blocks=_blocks(table.table(4)),
    )


def _scales(table: FlatbufferTable | None) -> tuple[int, int, int]:
    """Return how many scales and zero points a tensor has, and along which dimension."""
    if table is None:
        return 0, 0, 0
    for slot in (0, 1):
        table.numbers(slot, "f")
    return len(table.numbers(2, "f")), len(table.numbers(3, "q")), table.number(6)


def _blocks(table: FlatbufferTable | None) -> tuple[int, int] | None:
    """Return the tensor of a block's scales and its size, of a tensor that has blocks."""
    if table is None or not (table.number(4, "B") or table.has(5)):
        return None
    details = table.table(5)
    # Zero points of blocks, and blocks of several dimensions, are of no kind that tfkd writes.
    of_blocks = details is not None and table.number(4, "B") == _BLOCKWISE and not details.has(3)
    if details is None or not of_blocks or details.number(1) != -1:
        raise UnsoundModel("a tensor is quantised in a way of its own")
    return details.number(0), details.number(2)


def _operator(table: FlatbufferTable, codes: list[int]) -> Operator:
    at = table.number(0, "I")
    if at >= len(codes) or table.number(11, "B") or table.has(12):
        raise UnsoundModel("an operator is of no kind")
    kind, options = table.number(3, "B"), table.table(4)
    for slot in (5, 7):
        table.numbers(slot, "B")
    if options and kind in _LISTS:
        options.numbers(0, _LISTS[kind])
    code = codes[at]
    known = options and kind in (_CALLS.get(code), _PARTS.get(code))
    first, second = (options.number(0), options.number(1)) if options and known else (0, 0)
    return Operator(
        code=code,
        inputs=table.numbers(1),
        outputs=table.numbers(2),
        intermediates=table.numbers(8),
        calls=(first, second) if kind == _CALLS.get(code) else (),
        parts=None if code not in _PARTS else first if kind == _PARTS[code] else 0,
    )


def _signature(table: FlatbufferTable) -> Signature:
    table.text(2)
    pairs = [
        tuple((tensor.text(0), tensor.number(1, "I")) for tensor in table.tables(slot))
        for slot in (0, 1)
    ]
    return Signature(table.number(4, "I"), *pairs)
