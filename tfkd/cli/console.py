"""What the command line shows: the library's log as lines, bars for long steps; and Ctrl-C.

Python drops a Ctrl-C that comes in the middle of a finalizer, so it is remembered here, and raised
at the next progress of a step.
"""

from __future__ import annotations

import functools
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..progress import Advance, log_duration, log_progress, logger
from ..training.backup.preemption import handle_signal

_was_interrupted = threading.Event()


class Console(logging.Handler):
    """Print the log to a terminal or to a file, and draw bars on a terminal."""

    _beside_answers = False

    @functools.cached_property
    def rich(self) -> Any:
        """Rich's console; `None` without Rich, as on a device that has the runtime alone."""
        try:
            import rich.console
        except ImportError:
            return None

        class RichConsole(rich.console.Console):
            def on_broken_pipe(self) -> None:
                # Rich would exit with a code of its own.
                raise BrokenPipeError

        return RichConsole(highlight=False, soft_wrap=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Print one message of the log."""
        self.print(self.format(record))

    def print(self, line: str) -> None:
        """Print one line as it is."""
        if self._beside_answers:
            print(line, file=sys.stderr)
        elif self.rich is None:
            print(line)
        else:
            self.rich.print(line, markup=False)

    @contextmanager
    def show_log(self) -> Iterator[None]:
        """Print all that the library logs within the block."""
        level, propagates = logger.level, logger.propagate
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        try:
            yield
        finally:
            logger.removeHandler(self)
            logger.setLevel(level)
            logger.propagate = propagates

    @contextmanager
    def log_beside_answers(self) -> Iterator[None]:
        """Print the log within the block to stderr: stdout holds answers alone."""
        self._beside_answers = True
        try:
            yield
        finally:
            self._beside_answers = False

    @contextmanager
    def progress(self, title: str, total: int, unit: str = "texts") -> Iterator[Advance]:
        """Show a long step as `tfkd.progress.Progress` says: by a bar, or by lines in a file."""
        on_terminal = self.rich is not None and self.rich.is_terminal
        show = self._bar if on_terminal else log_progress
        with show(title, total, unit) as advance:

            def advance_unless_interrupted(count: int) -> None:
                advance(count)
                raise_if_interrupted()

            yield advance_unless_interrupted

    @contextmanager
    def _bar(self, title: str, total: int, unit: str) -> Iterator[Advance]:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        start = time.monotonic()
        with Progress(*columns, console=self.rich, transient=True) as bar:
            task = bar.add_task(title, total=total or None)
            yield lambda count: bar.advance(task, count)
            done = int(bar.tasks[0].completed)
        log_duration(title, total or done, unit, time.monotonic() - start)


@contextmanager
def catch_interrupts() -> Iterator[None]:
    """Remember Ctrl-C within the block, for `raise_if_interrupted`."""
    _was_interrupted.clear()
    try:
        with handle_signal(signal.SIGINT, _remember):
            yield
    finally:
        _was_interrupted.clear()


def raise_if_interrupted() -> None:
    """Raise `KeyboardInterrupt` if Ctrl-C was pressed while Python could not deliver it.

    >>> raise_if_interrupted()
    """
    if _was_interrupted.is_set():
        raise KeyboardInterrupt


def _remember(number: int, frame: FrameType | None) -> None:
    _was_interrupted.set()
    raise KeyboardInterrupt


console = Console()
