"""Ctrl-C that is not lost: Python drops it where it comes in the middle of a finalizer."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_seen = threading.Event()


@contextmanager
def handled(number: int, handler) -> Iterator[None]:
    """Give a signal to `handler` within the block; only the main thread of a process hears any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def heard() -> Iterator[None]:
    """Remember Ctrl-C within the block, for `check`."""
    _seen.clear()
    try:
        with handled(signal.SIGINT, _note):
            yield
    finally:
        _seen.clear()


def check() -> None:
    """Raise the `KeyboardInterrupt` that should have ended the block already.

    >>> check()
    """
    if _seen.is_set():
        raise KeyboardInterrupt


def _note(number, frame) -> None:
    _seen.set()
    raise KeyboardInterrupt
