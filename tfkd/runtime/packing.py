"""A vocabulary, class names and settings inside a `.tflite` file, as an appended zip.

LiteRT reads a flatbuffer from its front and a zip is found from its end, so one file is both: the
convention of MediaPipe. Entries are stored uncompressed, so that a phone can map them. No
TensorFlow here: the runtime reads with this file.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from ..errors import UserError

KNOWN = ("tfkd.json", "vocab.txt", "labels.txt", "tokenizer.json")
LARGEST = 64 * 2**20  # bytes of one entry: more is no vocabulary
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError)


def pack(model: bytes, files: dict[str, str]) -> bytes:
    """`model` with `files` (name to text) appended as a zip; the same input gives the same bytes.

    >>> packed = pack(b"flatbuffer", {"labels.txt": "bad\\ngood\\n"})
    >>> packed.startswith(b"flatbuffer"), unpack(packed)
    (True, {'labels.txt': 'bad\\ngood\\n'})
    """
    out = io.BytesIO(model)
    # "a" and not plain joining: the zip's offsets then count from the start of the whole file,
    # as readers without Python's leniency expect.
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode("utf-8"))
    return out.getvalue()


def unpack(content: bytes, name: str = "the file") -> dict[str, str]:
    """The known entries of the appended zip; empty where there is none.

    Names that tfkd does not know are never read, so none can lead out of the file.

    Raises:
        UserError: the zip is cut off or broken, or an entry is larger than 64 MB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            present = set(archive.namelist())
            return {each: _entry(archive, each, name) for each in KNOWN if each in present}
    except _BROKEN as error:
        if isinstance(error, zipfile.BadZipFile) and b"tfkd.json" not in content:
            return {}
        raise broken(name, str(error)) from error
    except UnicodeDecodeError as error:
        raise broken(name, "not UTF-8") from error


def _entry(archive: zipfile.ZipFile, entry: str, name: str) -> str:
    with archive.open(entry) as file:
        # The stated size is the file's own word: read no further than the limit whatever it says.
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST or archive.getinfo(entry).file_size > LARGEST:
        raise broken(name, f"{entry} is larger than {LARGEST >> 20} MB")
    return content.decode("utf-8")


def broken(name: str, why: str) -> UserError:
    """The error for a file whose zip or vocabulary does not hold together."""
    return UserError(
        f"{name}: the vocabulary inside is broken ({why}); the file is damaged or was cut off: "
        "copy or export it again."
    )
