"""One process at a time in the folder of a run: the second one is told who has it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import UserError

LOCK = ".lock"
"""Says who has the folder. The operating system keeps the lock, so none outlives its process."""


@contextmanager
def hold_folder(folder: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Keep other processes out of a folder within the block.

    Args:
        folder: That of a run; it must exist.
        wait: Seconds to wait for another process.

    Raises:
        UserError: Another process has the folder, or it cannot be written.
    """
    path = folder / LOCK
    try:
        lock = FileLock(path, timeout=wait)
        lock.acquire()
    except Timeout:
        raise UserError(
            f"{folder} is in use by {_read_owner(path)}: wait until it has ended, stop it, or give "
            "another folder with --to; nothing was changed."
        ) from None
    except OSError as error:
        raise UserError(
            f"cannot write to {folder} ({error.strerror}): choose another folder with --to, or "
            "make room."
        ) from error
    try:
        _write_owner(path)
        yield
    finally:
        lock.release()


def _write_owner(path: Path) -> None:
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
    path.write_text(json.dumps(owner), encoding="utf-8")


def _read_owner(path: Path) -> str:
    """Say who has written a lock last."""
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']} since {owner['since'][:19]}"
    # It has not been written yet, or cannot be read on this system while it is held.
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
