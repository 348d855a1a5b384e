"""What a hand, a disk or an enemy may do to an exported file: each a function of its bytes."""

from __future__ import annotations

import copy
import io
import json
import random
import struct
import warnings
import zipfile
from collections.abc import Callable

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from tfkd.runtime.zip_tail import pack, unpack

NUMBERS = (-(2**31), -1000, -2, -1, 0, 1, 2, 3, 7, 100, 2**16, 2**24, 2**30, 2**31 - 1)
Mutation = Callable[[random.Random, bytes, dict[str, str]], bytes]


def parts(content: bytes) -> tuple[bytes, dict[str, str]]:
    """The flatbuffer, and the files behind it, without the digest that any change would fail."""
    files = unpack(content)
    settings = json.loads(files["tfkd.json"])
    settings.pop("model", None)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = min(each.header_offset for each in archive.infolist())
    return content[:start], files | {"tfkd.json": json.dumps(settings)}


def model_of(blob: bytes):
    """The flatbuffer as objects that can be changed."""
    return schema.ModelT.InitFromPackedBuf(blob, 0)


def blob_of(model) -> bytes:
    """A flatbuffer of the objects."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def flipped(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """A few bytes are others, near each other or not."""
    out, near = bytearray(blob), rng.randrange(len(blob))
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        at = rng.choice((rng.randrange(len(blob)), min(near + rng.randrange(40), len(blob) - 1)))
        out[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return pack(bytes(out), files)


def numbered(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """Words of four bytes, where the offsets and sizes are, have extreme values."""
    out = bytearray(blob)
    for _ in range(rng.choice((1, 1, 1, 4))):
        at = 4 * rng.randrange(2, len(blob) // 4)
        struct.pack_into("<i", out, at, rng.choice(NUMBERS))
    return pack(bytes(out), files)


def cut(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """The end is missing, or the end of the model alone."""
    if rng.random() < 0.5:
        return pack(blob[: rng.randrange(len(blob))], files)
    whole = pack(blob, files)
    return whole[: rng.randrange(len(whole))]


def structural(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """A well-made flatbuffer that says something impossible."""
    model = model_of(blob)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        _anywhere(rng, model)
    return pack(blob_of(model), files)


def reoperated(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """Operators are of other kinds and versions, read other tensors, and know other types."""
    model = model_of(blob)
    graph = rng.choice(model.subgraphs)
    for _ in range(rng.choice((1, 1, 2))):
        at, before = rng.randrange(len(graph.operators)), len(graph.tensors)
        operator = graph.operators[at]
        kind = rng.randrange(5)
        if kind < 2:
            code = schema.OperatorCodeT()
            code.builtinCode = rng.randrange(162)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            code.version = rng.choice((1, 1, 1, 2, 3, 5))
            model.operatorCodes.append(code)
            operator.opcodeIndex = len(model.operatorCodes) - 1
            if rng.random() < 0.5:
                operator.builtinOptions, operator.builtinOptionsType = None, 0
        if kind in (1, 2):
            known = [0, *range(before)]
            operator.inputs = [rng.choice(known) for _ in range(rng.choice((0, 1, 2, 3, 4, 20)))]
        if kind == 3:
            place = rng.choice([*operator.inputs, *operator.outputs])
            graph.tensors[place].type = rng.choice((0, 1, 2, 3, 4, 6, 7, 9, 17))
        if kind == 4:
            place = rng.choice([*operator.inputs, *operator.outputs])
            graph.tensors[place].shape = [rng.choice((0, 1, 2, 8)) for _ in range(rng.randrange(7))]
            graph.tensors[place].shapeSignature = None
    return pack(blob_of(model), files)


def zipped(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """Bytes of the archive are others."""
    whole = bytearray(pack(blob, files))
    for _ in range(rng.choice((1, 2, 4))):
        at = rng.choice((rng.randrange(len(blob), len(whole)), len(whole) - 1 - rng.randrange(300)))
        whole[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(whole)


def repacked(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """Entries twice, elsewhere, compressed, or of other names; headers that lie."""
    out = io.BytesIO(blob)
    names = rng.choices([*files, "../vocab.txt", "/etc/passwd", "C:\\x", "\x00", "ü"], k=5)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
        warnings.simplefilter("ignore")
        for name in [*rng.sample(list(files), len(files)), *names[: rng.choice((0, 0, 1, 2))]]:
            info = zipfile.ZipInfo(name)
            info.compress_type = rng.choice((0, 0, 0, 0, 0, 0, 8, 8, 12, 14))
            info.extra = rng.choice(
                (b"", b"", b"", b"", b"", b"", b"", b"\x01\x00\x10\x00" + b"\xff" * 16)
            )
            archive.writestr(info, files.get(name, "x").encode())
        for info in archive.infolist():
            if rng.random() < 0.2:
                info.file_size = rng.choice((0, 1, 2**31, 2**32 - 1))
            if rng.random() < 0.1:
                info.flag_bits = rng.choice((0, 1, 8, 64, 0x800, 0xFFFF))
    return out.getvalue()


def unsettled(rng: random.Random, blob: bytes, files: dict[str, str]) -> bytes:
    """A setting at any depth, or a whole entry, is something else."""
    settings = json.loads(files["tfkd.json"])
    place, name = settings, rng.choice(list(settings))
    while isinstance(place[name], dict) and place[name] and rng.random() < 0.7:
        place, name = place[name], rng.choice(list(place[name]))
    place[name] = rng.choice(ODD)
    files = files | {"tfkd.json": json.dumps(settings)}
    if rng.random() < 0.3:
        name = rng.choice(list(files))
        files = files | {name: _other_text(rng, files[name])}
    return pack(blob, files)


ODD = (
    None,
    True,
    -1,
    0,
    4,
    10**9,
    10**400,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "binary",
    "logits",
    [],
    [None],
    ["bad"],
    ["bad", "bad"],
    ["bad", 3],
    [["bad"], ["good"]],
    ["a"] * 10**6,
    {},
    {"a": 1},
    "\x1b[2J",
    "x" * 10**6,
)


def _other_text(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    return rng.choice(
        (
            "",
            "[" * 100_000,
            '{"a":' * 100_000,
            text[: rng.randrange(len(text))],
            "\n".join([*lines[:at], *lines[at + 1 :]]),
            "\n".join([*lines[:at], "", *lines[at:]]),
            "\n".join([*lines[:at], lines[0], *lines[at:]]),
            "\n".join(sorted(lines)),
            text * 2,
            "\x00" + text,
        )
    )


def _anywhere(rng: random.Random, model) -> None:
    """One field, of any table, has another value."""
    graph = rng.choice(model.subgraphs)
    tables = [model, graph, *model.signatureDefs, *model.operatorCodes]
    table = rng.choice(
        (
            rng.choice(tables),
            rng.choice(graph.tensors),
            rng.choice(graph.operators) if graph.operators else graph,
            _options(rng, graph),
            rng.choice(model.buffers),
        )
    )
    name = rng.choice([each for each in vars(table) if not each.startswith("_")])
    setattr(table, name, _other(rng, getattr(table, name)))


def _options(rng: random.Random, graph):
    found = [o.builtinOptions for o in graph.operators if o.builtinOptions is not None]
    return rng.choice([each for each in found if vars(each)] or [graph])


def _other(rng: random.Random, value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, 1e38, float("nan"), float("inf")))
    if isinstance(value, int):
        return rng.choice(tuple(n for n in NUMBERS if -128 <= n < 128) if value < 128 else NUMBERS)
    if value is None:
        return rng.choice((None, [], [rng.choice(NUMBERS)]))
    if isinstance(value, bytes):
        return rng.choice((b"", b"\xff\xfe", b"x" * 10_000, value[: len(value) // 2]))
    if hasattr(value, "__len__"):
        return _other_list(rng, list(value))
    return rng.choice((None, value))


def _other_list(rng: random.Random, values: list):
    values = copy.copy(values)
    at = rng.randrange(len(values)) if values else 0
    if not values or rng.random() < 0.1:
        return rng.choice(([], None, [rng.choice(NUMBERS)]))
    if not hasattr(values[0], "__dict__") and rng.random() < 0.7:
        byte = getattr(values[0], "dtype", None) == "uint8"
        values[at] = rng.randrange(256) if byte else rng.choice((*range(40), *NUMBERS))
        return values
    if rng.random() < 0.2:
        return rng.sample(values, len(values))
    if rng.random() < 0.5:
        return values[:at] + values[at + 1 :]
    other = rng.choice(values)
    return rng.choice(([*values, other], [*values[:at], other, *values[at + 1 :]]))


MUTATIONS: tuple[Mutation, ...] = (
    flipped,
    numbered,
    cut,
    structural,
    structural,
    structural,
    reoperated,
    reoperated,
    zipped,
    repacked,
    unsettled,
)
