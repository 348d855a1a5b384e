"""SIGTERM: a machine that is taken away says so, and gives half a minute."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# EX_TEMPFAIL of sysexits.h: try again.
EXIT_PREEMPTED = 75

_sigterm = threading.Event()


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

    def __init__(self, sentence: str) -> None:
        super().__init__(EXIT_PREEMPTED)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def sigterm_received() -> bool:
    """Return whether SIGTERM came within `defer_sigterm`."""
    return _sigterm.is_set()


@contextmanager
def defer_sigterm() -> Iterator[None]:
    """Record SIGTERM instead of dying, so that training can stop after the current step.

    One that came too late for that is raised again after the block.
    """
    _sigterm.clear()
    with handle_signal(signal.SIGTERM, lambda number, frame: _sigterm.set()):
        yield
    if _sigterm.is_set():
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def raise_on_sigterm() -> Iterator[None]:
    """Raise `Preempted` on SIGTERM within the block; what was finished is on disk already."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Preempted("stopped by SIGTERM; the same command goes on from what is finished.")

    with handle_signal(signal.SIGTERM, stop):
        yield
