"""Whether a converted graph holds all that it computes with, and nothing twice."""

from __future__ import annotations

from ..errors import UserError
from ..files import describe_size
from .flatbuffer_tables import operator_names, read_tables

_VARIABLES = {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"}
_BYTES = {"float32": 4, "float16": 2, "int8": 1}
"""Those of a number, by the kinds that store nearly all of them alike."""
MOST = 1.3
"""Times its parameters' bytes that a file may have."""
GRAPH = 2**20
"""Bytes that a file may have beside: operators, shapes and the names of tensors."""


def refuse_variables(model: bytes, name: str) -> None:
    """Refuse a graph that reads variables: nothing would have set them, so it computes with NaN.

    Args:
        model: A LiteRT model.
        name: That of the student.

    Raises:
        UserError: It reads variables.
    """
    found = sorted(operator_names(read_tables(model)) & _VARIABLES)
    if found:
        raise UserError(
            f"the converted {name!r} still reads variables ({', '.join(found)}), which are empty "
            "in a file: build it from layers that hold their own weights, or export it as `.keras`."
        )


def why_large(size: int, parameters: int, kind: str) -> str:
    """Return one sentence on a file that is much larger than its parameters, else nothing.

    Args:
        size: Bytes of the file.
        parameters: Of the student.
        kind: How the numbers are stored.

    >>> why_large(9_000_000, 1_000_000, "float32")  # doctest: +ELLIPSIS
    'the file has 9.00 MB, and 1,000,000 parameters in float32 are 4.00 MB: ... twice.'
    >>> why_large(4_400_000, 1_000_000, "float32")
    ''
    """
    expected = parameters * _BYTES.get(kind, 4)
    if size <= MOST * expected + GRAPH:
        return ""
    reason = "it stores weights twice" if kind == "float32" else "some weights stay in float32"
    return (
        f"the file has {describe_size(size)}, and {parameters:,} parameters in {kind} are "
        f"{describe_size(expected)}: {reason}."
    )
