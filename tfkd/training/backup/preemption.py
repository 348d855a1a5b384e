"""SIGTERM: a machine that is taken away tells so, and gives half a minute."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_PREEMPTED = 75  # EX_TEMPFAIL of sysexits.h: try again
_asked = threading.Event()


@contextmanager
def handle_signal(number: int, handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Give a signal to `handler` within the block; only the main thread of a process gets any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


class Preempted(SystemExit):
    """The process was asked to end, and what was done is kept: exit code 75."""

    def __init__(self, sentence: str):
        super().__init__(EXIT_PREEMPTED)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def asked() -> bool:
    """Whether SIGTERM came within `noted`."""
    return _asked.is_set()


@contextmanager
def noted() -> Iterator[None]:
    """Note SIGTERM within the block and go on, since whoever asks `asked` ends it in order.

    One that nobody had time to ask for ends what comes behind the block.
    """
    _asked.clear()
    with handle_signal(signal.SIGTERM, lambda number, frame: _asked.set()):
        yield
    if _asked.is_set():
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def raised() -> Iterator[None]:
    """Raise `Preempted` on SIGTERM within the block, where what was finished is on disk already."""

    def stop(number, frame):
        raise Preempted("stopped by SIGTERM; the same command goes on from what is finished.")

    with handle_signal(signal.SIGTERM, stop):
        yield
