"""What a run says while it works: lines, bars with the time left; and Ctrl-C, not lost.

Python drops a Ctrl-C that comes in the middle of a finalizer.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

EVERY = 30.0  # seconds between lines where there is no terminal
_interrupted = threading.Event()


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich would exit with a code of its own


class Voice:
    """Speaks to a terminal, to a log file, or (with `quiet`) to nobody."""

    def __init__(self, quiet: bool = False):
        self.console = _Console(quiet=quiet, highlight=False, soft_wrap=True)

    def say(self, line: str = "") -> None:
        """Print one line as it is."""
        self.console.print(line, markup=False)

    @contextmanager
    def bar(self, title: str, total: int, unit: str = "texts") -> Iterator[Callable[[int], None]]:
        """A bar for a long step; yields the function that is told of progress made."""
        start = time.monotonic()
        drawn = self._drawn if self.console.is_terminal else self._written
        with drawn(title, total, unit) as advance:

            def advanced(done: int) -> None:
                advance(done)
                raise_if_interrupted()

            yield advanced
        took = time.monotonic() - start
        self.say(f"{title}: {total:,} {unit} in {span(took)}")

    @contextmanager
    def _drawn(self, title: str, total: int, unit: str):
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done: progress.advance(task, done)

    @contextmanager
    def _written(self, title: str, total: int, unit: str):
        start = last = time.monotonic()
        done = first = 0

        def advance(more: int) -> None:
            nonlocal done, last, first
            first = first or more  # what was there before an interrupted step went on
            done += more
            now = time.monotonic()
            if now - last > EVERY and done > first:
                last = now
                left = (now - start) / (done - first) * (total - done)
                self.say(f"{title}: {done:,} of {total:,} {unit}, {span(left)} left")

        yield advance


def span(seconds: float) -> str:
    """A duration in words.

    >>> span(4.2), span(75), span(7500)
    ('4.2 s', '1 min 15 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def handle_signal(number: int, handler) -> Iterator[None]:
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
def catch_interrupts() -> Iterator[None]:
    """Remember Ctrl-C within the block, for `raise_if_interrupted`."""
    _interrupted.clear()
    try:
        with handle_signal(signal.SIGINT, _note):
            yield
    finally:
        _interrupted.clear()


def raise_if_interrupted() -> None:
    """Raise `KeyboardInterrupt` if Ctrl-C was pressed while Python could not deliver it.

    >>> raise_if_interrupted()
    """
    if _interrupted.is_set():
        raise KeyboardInterrupt


def _note(number, frame) -> None:
    _interrupted.set()
    raise KeyboardInterrupt
