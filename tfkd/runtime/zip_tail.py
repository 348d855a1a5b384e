"""A vocabulary, class names and settings inside a `.tflite` file, as an appended zip.

LiteRT reads a flatbuffer from its front and a zip is found from its end, so one file is both: the
convention of MediaPipe. Entries are stored uncompressed, so that a phone can map them. No
TensorFlow here: the runtime reads with this file.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from pathlib import Path

from ..errors import UserError, first_line

KNOWN = ("tfkd.json", "vocab.txt", "labels.txt", "tokenizer.json")
LARGEST = 64 * 2**20
"Bytes of one entry: more is no vocabulary."
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def pack(model: bytes, files: dict[str, str]) -> bytes:
    r"""Append `files` (name to text) to `model` as a zip; the same input gives the same bytes.

    >>> packed = pack(b"flatbuffer", {"labels.txt": "bad\ngood\n"})
    >>> packed.startswith(b"flatbuffer"), unpack(packed)
    (True, {'labels.txt': 'bad\ngood\n'})
    """
    out = io.BytesIO(model)
    # "a" and not plain joining: the zip's offsets then count from the start of the whole file,
    # as readers without Python's leniency expect.
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode("utf-8"))
    return out.getvalue()


def seal(model: bytes) -> dict[str, int | str]:
    """Return the length and the digest of a flatbuffer, for the settings that follow it.

    >>> seal(b"flatbuffer")["bytes"]
    10
    """
    return {"bytes": len(model), "sha256": hashlib.sha256(model).hexdigest()}


def unpack(content: bytes | Path, name: str = "the file") -> dict[str, str]:
    """Return the known entries of the appended zip; none where there is no zip.

    A path is read in parts: a `.keras` file, which is a zip as a whole, may be larger than memory.

    Names that tfkd does not know are never read, so none can lead out of the file.

    Raises:
        UserError: The zip is cut off or broken, an entry is there twice, encrypted, or larger
            than 64 MB.
    """
    try:
        source = content if isinstance(content, Path) else io.BytesIO(content)
        with zipfile.ZipFile(source) as archive:
            present = Counter(archive.namelist())
            return {
                entry: _entry(archive, entry, present[entry], name)
                for entry in KNOWN
                if entry in present
            }
    except UserError:
        raise
    except UnicodeDecodeError as error:
        raise broken(name, "not UTF-8") from error
    except Exception as error:
        # A damaged zip makes zipfile raise a dozen kinds.
        sought = isinstance(content, bytes) and b"tfkd.json" in content
        if isinstance(error, zipfile.BadZipFile) and not sought:
            return {}
        raise broken(name, first_line(error)) from error


def _entry(archive: zipfile.ZipFile, entry: str, times: int, name: str) -> str:
    if times > 1:
        raise broken(name, f"{entry} is in it {times} times")
    if archive.getinfo(entry).compress_type not in _KINDS:
        raise broken(name, f"{entry} is compressed in a way that tfkd does not read")
    with archive.open(entry) as file:
        # The stated size is the file's own word: read no further than the limit whatever it says.
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST or archive.getinfo(entry).file_size > LARGEST:
        raise broken(name, f"{entry} is larger than {LARGEST >> 20} MB")
    return content.decode("utf-8")


def broken(name: str, why: str) -> UserError:
    """Return the error for a file whose zip or vocabulary does not hold together."""
    return UserError(
        f"{name}: the vocabulary inside is broken ({why}); the file is damaged or was cut off: "
        "copy or export it again."
    )
