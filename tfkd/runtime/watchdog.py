"""A program that computes without end says so and stops, which Python cannot do inside of C++."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 60.0  # of computing for one text; the largest of encoders takes a few
EXIT = 2
_until = float("inf")


def expect(texts: int) -> None:
    """From now on `texts` texts are computed, one at least."""
    global _until
    if _until < float("inf"):
        _until = time.process_time() + SECONDS * max(texts, 1)


@contextmanager
def no_endless_loop(what: str, every: float = 0.5) -> Iterator[None]:
    """End this process with a sentence and code 2 where a text takes a minute of computing.

    For programs of their own. Seconds of computing and not of the clock: waiting for a line, or a
    process that was stopped, is no fault of a file.

    >>> with no_endless_loop("student.tflite"):
    ...     expect(1)
    """
    global _until
    try:
        screen = os.dup(2)  # `quiet` points the 2 elsewhere while LiteRT runs first
    except OSError:  # no stderr at all
        yield
        return
    done, _until = threading.Event(), time.process_time() + SECONDS
    watcher = threading.Thread(target=_watch, args=(what, done, every, screen), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        _until = float("inf")
        done.set()
        watcher.join()
        os.close(screen)


def _watch(what: str, done: threading.Event, every: float, screen: int) -> None:
    while not done.wait(every):
        if time.process_time() > _until:
            said = (
                f"tfkd: {what} has computed for {SECONDS:.0f} seconds without an answer to one "
                "text: the file is damaged, or a loop in it has no end.\n"
            )
            os.write(screen, said.encode())
            os._exit(EXIT)
