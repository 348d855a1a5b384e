"""Locks between the processes of one search: the operating system frees those of a dead one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..progress import logger

_FOLDER = "locks"
_SOON = 2.0  # seconds in which others come to an end without a word about it


@contextmanager
def hold(folder: Path, name: str, purpose: str = "") -> Iterator[None]:
    """Keep other processes of a search out within the block; wait for them before it.

    Args:
        folder: Of the search.
        name: Of what is kept.
        purpose: What the other process does, to say where that takes long.
    """
    lock = _lock(folder, name)
    try:
        lock.acquire(timeout=_SOON if purpose else -1)
    except Timeout:
        logger.info(f"waiting   another process {purpose}")
        lock.acquire(timeout=-1)
    try:
        yield
    finally:
        lock.release()


def try_to_hold(folder: Path, name: str) -> FileLock | None:
    """Return a lock that is held now, to be released; None where another process has it.

    Args:
        folder: Of the search.
        name: Of what is kept.
    """
    lock = _lock(folder, name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


def _lock(folder: Path, name: str) -> FileLock:
    (folder / _FOLDER).mkdir(exist_ok=True)
    return FileLock(folder / _FOLDER / f"{name}.lock")
