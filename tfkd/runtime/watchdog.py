"""A program that computes without end says so and stops, which Python cannot do inside of C++."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 60.0
"Of computing for one text; the largest of encoders takes a few."
EXIT = 2


@contextmanager
def no_endless_loop(what: str, every: float = 0.5) -> Iterator[Callable[[int], None]]:
    """End this process with a sentence and code 2 where a text takes a minute of computing.

    For programs of their own. Seconds of computing and not of the clock: waiting for a line, or a
    process that was stopped, is no fault of a file.

    Args:
        what: Begins the sentence.
        every: Seconds between two looks.

    Yields:
        A function to call before `n` texts are computed, which then have `n` minutes.

    >>> with no_endless_loop("student.tflite") as expect:
    ...     expect(1)
    """
    watchdog = _Watchdog(what)
    try:
        # `quiet` points the 2 elsewhere while LiteRT runs first.
        screen = os.dup(2)
    except OSError:
        # No stderr at all.
        yield watchdog.expect
        return
    done = threading.Event()
    thread = threading.Thread(target=watchdog.watch, args=(done, every, screen), daemon=True)
    thread.start()
    try:
        yield watchdog.expect
    finally:
        done.set()
        thread.join()
        os.close(screen)


class _Watchdog:
    """The time of this process at which it has computed too long."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.expect(1)

    def expect(self, texts: int) -> None:
        """Give `texts` texts their time from now on, one at least."""
        self._until = time.process_time() + SECONDS * max(texts, 1)

    def watch(self, done: threading.Event, every: float, screen: int) -> None:
        """End the process when its time is over, unless `done` comes first."""
        while not done.wait(every):
            if time.process_time() > self._until:
                sentence = (
                    f"tfkd: {self._what} has computed for {SECONDS:.0f} seconds without an answer "
                    "to one text: the file is damaged, or a loop in it has no end.\n"
                )
                os.write(screen, sentence.encode())
                os._exit(EXIT)
