"""What the library says while it works: a logger, and the progress of long steps.

The library logs to `logging.getLogger("tfkd")` and prints nothing by itself. Functions that take
Keras's `verbose` print the log while they run; the command line shows it, and draws bars.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Protocol

logger = logging.getLogger("tfkd")
Advance = Callable[[int], None]

_SECONDS_BETWEEN_LINES = 30.0
_is_muted = ContextVar("is_muted", default=False)
logger.addFilter(lambda record: not _is_muted.get())


class Progress(Protocol):
    """Show how far a long step is; whatever calls such a function may be given another one.

    ```python
    @contextlib.contextmanager
    def dots(title, total, unit="texts"):
        yield lambda count: print("." * count, end="")


    tfkd.store.write("targets", teacher, x, progress=dots)
    ```
    """

    def __call__(
        self, title: str, total: int, unit: str = "texts"
    ) -> AbstractContextManager[Advance]:
        """Open the display of a step of `total` units.

        The block gets a function to call with the number of units that were done since its last
        call.
        """
        ...


@contextmanager
def log_progress(title: str, total: int, unit: str = "texts") -> Iterator[Advance]:
    """Log how far a step is: every 30 seconds with the time left, and once at its end.

    Args:
        title: Name of the step.
        total: Its units.
        unit: What they are.

    Yields:
        A function to call with the number of units done since its last call.

    >>> with log_progress("vocabulary", 3) as advance:
    ...     advance(3)
    """
    start = last = time.monotonic()
    done = first = 0

    def advance(count: int) -> None:
        nonlocal done, last, first
        # What was done before an interrupted step went on took no time now.
        first = first or count
        done += count
        now = time.monotonic()
        if now - last > _SECONDS_BETWEEN_LINES and done > first:
            last = now
            if not total:
                logger.info(f"{title}: {done:,} {unit}")
                return
            left = (now - start) / (done - first) * (total - done)
            logger.info(f"{title}: {done:,} of {total:,} {unit}, {format_duration(left)} left")

    yield advance
    log_duration(title, total or done, unit, time.monotonic() - start)


def log_duration(title: str, total: int, unit: str, seconds: float) -> None:
    """Log how long a finished step took.

    Args:
        title: Name of the step.
        total: Its units.
        unit: What they are.
        seconds: How long it took.
    """
    logger.info(f"{title}: {format_count(total, unit)} in {format_duration(seconds)}")


def format_count(count: int, unit: str) -> str:
    """Write a number of things, of which one is no plural.

    Args:
        count: How many.
        unit: Their name in the plural.

    >>> format_count(1, "epochs"), format_count(3000, "texts"), format_count(1, "classes")
    ('1 epoch', '3,000 texts', '1 class')
    """
    if count == 1:
        unit = unit.removesuffix("es" if unit.endswith("sses") else "s")
    return f"{count:,} {unit}"


def format_duration(seconds: float) -> str:
    """Write a duration in words.

    >>> format_duration(4.2), format_duration(75), format_duration(7500)
    ('4.2 s', '1 min 15 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def print_log(verbose: int | str = "auto") -> Iterator[None]:
    """Print the library's log within the block, unless `verbose` is 0 or the log is shown already.

    Args:
        verbose: As Keras's: 0 prints nothing, `"auto"`, 1 and 2 print a line for each step.

    >>> with print_log():
    ...     logger.info("store     targets: 4 examples")
    store     targets: 4 examples
    """
    if not verbose or logger.isEnabledFor(logging.INFO):
        yield
        return
    handler, level, propagates = _Printer(), logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagates


@contextmanager
def mute_log() -> Iterator[None]:
    """Drop what this thread logs within the block, whatever the level.

    >>> with print_log(), mute_log():
    ...     logger.info("from the second of two workers")
    """
    with _muting(True):
        yield


def unmuted(progress: Progress) -> Progress:
    """Return a display whose lines are logged within a `mute_log`, too.

    Args:
        progress: A display of long steps.

    >>> with print_log(), mute_log(), unmuted(log_progress)("teacher", 0) as advance:
    ...     logger.info("a detail")
    teacher: 0 texts in 0.0 s
    """

    @contextmanager
    def show(title: str, total: int, unit: str = "texts") -> Iterator[Advance]:
        with ExitStack() as stack:
            with _muting(False):
                advance = stack.enter_context(progress(title, total, unit))

            def tell(count: int) -> None:
                with _muting(False):
                    advance(count)

            yield tell
            with _muting(False):
                stack.close()

    return show


@contextmanager
def _muting(mute: bool) -> Iterator[None]:
    token = _is_muted.set(mute)
    try:
        yield
    finally:
        _is_muted.reset(token)


class _Printer(logging.Handler):
    """Print messages to what is `sys.stdout` at that time, which notebooks and tests replace."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one message."""
        print(self.format(record))
