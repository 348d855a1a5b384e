"""Files of the idx format, in which MNIST and its like are: one array of numbers each."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import UserError

_KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_AXES = 8


def read_idx(path: Path) -> np.ndarray:
    """Return the array of an idx file, packed by gzip or not.

    Raises:
        UserError: No such file, another format, or one that was cut off.
    """
    content = _read(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _KINDS:
        raise UserError(f"{path} is no idx file: it begins with {content[:4]!r}.")
    kind, axes = np.dtype(_KINDS[content[2]]), content[3]
    header = 4 + 4 * axes
    if not 1 <= axes <= _MOST_AXES or len(content) < header:
        raise UserError(f"{path} is no idx file: its header is cut off.")
    shape = struct.unpack(f">{axes}I", content[4:header])
    wanted = int(np.prod(shape, dtype="float64")) * kind.itemsize
    if len(content) - header != wanted:
        raise UserError(
            f"{path} is damaged: {wanted:,} bytes belong behind its header, and "
            f"{len(content) - header:,} are there; copy it again."
        )
    array = np.frombuffer(content, kind, offset=header).reshape(shape)
    return array.astype(kind.newbyteorder("="), copy=False)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path} is damaged ({error}): copy it again.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
