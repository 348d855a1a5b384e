"""Files and folders that get their name once they are whole, so that a crash loses nothing."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "part-"
"""Begins the name of what is not whole yet. A prefix, since Keras and NumPy insist on suffixes."""


@contextmanager
def replace_when_whole(path: Path) -> Iterator[Path]:
    """Give a file or folder its name once it is whole and on the disk.

    What was at `path` stays until the block ends. If the block raises, its part is deleted.

    Args:
        path: The name at the end. Its folder must exist.

    Yields:
        Where to write: `part-NAME` in the same folder, with nothing there.

    Raises:
        OSError: The disk is full, or the folder cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replace_when_whole(Path(folder) / "report.md") as part:
    ...         _ = part.write_text("# Report")
    ...     [path.name for path in Path(folder).iterdir()]
    ['report.md']
    """
    part = path.with_name(PREFIX + path.name)
    try:
        _delete(part)  # what a process that was killed left behind
        yield part
        replace_atomically(part, path)
    except BaseException:
        # A full disk may miss just these bytes.
        _delete(part)
        raise


def describe_size(count: int) -> str:
    """Return a number of bytes as people write it.

    >>> describe_size(950), describe_size(42_900), describe_size(5_160_000)
    ('950 bytes', '43 kB', '5.16 MB')
    """
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1e3:.0f} kB" if count < 999_500 else f"{count / 1e6:.2f} MB"


def gzip_size(path: Path) -> int:
    """Return how many bytes a file, or all files of a folder, have once `gzip` has packed them.

    Args:
        path: What is read, piece by piece; nothing is written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "zeros"
    ...     _ = file.write_bytes(bytes(1_000_000))
    ...     gzip_size(file) < 2_000
    True
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return sum(_gzip_size(file) for file in files if file.is_file())


def _gzip_size(file: Path) -> int:
    # Level 6 is what the program takes; 31 stands for its header and 32 kB of memory.
    packer = zlib.compressobj(6, wbits=31)
    with file.open("rb") as stream:
        size = sum(len(packer.compress(piece)) for piece in iter(lambda: stream.read(1 << 20), b""))
    return size + len(packer.flush())


def replace_atomically(source: Path, target: Path) -> None:
    """Flush `source` to the disk and rename it to `target`, which stays as it was until then."""
    _flush(source)
    if not (source.is_dir() and target.exists()):
        os.replace(source, target)
        return
    # A folder that is not empty cannot be replaced in one step: the old one steps aside.
    aside = source.with_name(f".old-{source.name}")
    os.replace(target, aside)
    try:
        os.replace(source, target)
    except OSError:
        os.replace(aside, target)
        raise
    _delete(aside)


def _flush(path: Path) -> None:
    """Wait until the disk has all files of `path`: a rename may get there before they do."""
    if path.is_symlink():
        return
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file():
            with file.open("rb+") as stream:
                os.fsync(stream.fileno())


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    elif path.exists() or path.is_symlink():
        path.unlink()


def names_file(word: str) -> bool:
    r"""Return whether a word of the user's, which may be something else, is the path of a file.

    >>> names_file("a film " * 100), names_file("\0"), names_file(".")
    (False, False, False)
    """
    try:
        return Path(word).expanduser().is_file()
    # A long text is no path, nor is one with a null byte.
    except (OSError, ValueError, RuntimeError):
        return False
