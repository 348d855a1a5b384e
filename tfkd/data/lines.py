"""Lines of a text file, numbered and decoded: packed or not, in UTF-8, UTF-16 or as it is named."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import UserError

# Longer "lines" are another kind of file: reading on would fill the memory.
LONGEST = 64 * 2**20
_HEAD = 64 * 2**10
# Those of UTF-32 begin with those of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    *((mark, "utf-32") for mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    *((mark, "utf-16") for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)
# What a file is whose name says that it is text.
_OTHERS = {
    b"PK\x03\x04": "a zip file or an Excel workbook: name a workbook .xlsx, and unpack a zip file",
    b"PAR1": "a Parquet file: name it .parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as .xlsx or as CSV UTF-8",
    b"ARROW1": "an Arrow file: name it .arrow",
}


def read_lines(path: Path, encoding: str = "") -> Iterator[tuple[int, str]]:
    """Yield numbered lines, decoded one at a time so that a bad byte has a line.

    Args:
        path: The file, packed by gzip or not.
        encoding: What it is where it is not UTF-8 or UTF-16.

    Raises:
        UserError: It cannot be read, is truncated, or is no text in this encoding.
    """
    number, offset = 0, 0
    found, newline = _look(path, encoding)
    try:
        with _open(path) as stream:
            if found == "utf-8" and newline == "\n":
                while raw := stream.readline(LONGEST):
                    number += 1
                    yield number, _decode(path, number, offset, raw)
                    offset += len(raw)
                return
            text = io.TextIOWrapper(stream, found, newline=newline)
            while line := text.readline(LONGEST):
                number += 1
                if len(line) == LONGEST:
                    raise _too_long(path, number)
                yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path} is a damaged or truncated gzip file: it breaks off after line {number} "
            f"({error}). Copy or download it again."
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, after line {number}: byte 0x{error.object[error.start]:02x} is not "
            f"{found}: name the right one with --encoding, or save the file as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def _open(path: Path) -> BinaryIO:
    """Open for reading, unpacked: by its first bytes too, since the name may not say `.gz`."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    if packed or path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _look(path: Path, encoding: str) -> tuple[str, str]:
    """Return the encoding and the line end of a file, from its beginning.

    Raises:
        UserError: No text, or an encoding that does not exist.
    """
    try:
        with _open(path) as stream:
            head = stream.read(_HEAD)
    except (OSError, EOFError, zlib.error):
        # FileForm it says at which line it breaks off.
        return "utf-8", "\n"
    for mark, what in _OTHERS.items():
        if head.startswith(mark):
            raise UserError(f"{path} is {what}.")
    if encoding:
        _check_encoding(encoding)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    found = marked or _utf_16(head) or encoding
    if not found or found == "utf-8-sig" or (not marked and _is_utf_8(path, head)):
        found = "utf-8"
    text = head.decode(found, errors="replace")
    # An old Mac's, and Excel's "CSV (Macintosh)".
    return found, "" if "\r" in text[:-1] and "\n" not in text else "\n"


def _check_encoding(encoding: str) -> None:
    try:
        "a".encode(encoding)
    except LookupError:
        raise UserError(
            f"encoding is {encoding!r}: write one that Python knows, such as cp1252 (Windows, "
            "Western Europe), cp1250, cp1251, gb18030, shift_jis or utf-16."
        ) from None


def _utf_16(head: bytes) -> str:
    """Return the UTF-16 of text without a mark: every other byte of Latin letters is zero.

    >>> _utf_16("a text".encode("utf-16-le")), _utf_16(b"a text"), _utf_16(b"")
    ('utf-16-le', '', '')
    """
    pairs = len(head) // 2
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if pairs and zeros.count(0) > 0.4 * pairs:
            return name
    return ""


def _is_utf_8(path: Path, head: bytes) -> bool:
    """Return whether a file whose encoding is named is UTF-8 all the same: no other text is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with _open(path) as stream:
            plain = True
            while block := stream.read(2**20):
                decoder.decode(block)
                plain = plain and block.isascii()
            decoder.decode(b"", final=True)
    except (UnicodeDecodeError, OSError, EOFError, zlib.error):
        return False
    # Seven bits may be something else, such as ISO-2022-JP.
    return not plain


def _decode(path: Path, number: int, offset: int, raw: bytes) -> str:
    if len(raw) == LONGEST and not raw.endswith(b"\n"):
        raise _too_long(path, number)
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        raise UserError(
            f"{path}, line {number}: byte {offset + at} (0x{error.object[at]:02x}) is not UTF-8. "
            "Save the file as UTF-8, in Excel by `Save As` and the type `CSV UTF-8 (Comma "
            f"delimited)`, or name its encoding, {_guess(raw)}"
        ) from None


def _guess(raw: bytes) -> str:
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return "such as --encoding cp1250."
    word = next((word for word in text.split() if not word.isascii()), "")
    return f"--encoding cp1252, say, where {word[:20]!r} in this line is right."


def _too_long(path: Path, number: int) -> UserError:
    return UserError(f"{path}, line {number}: longer than 64 MiB; expected one row a line.")
