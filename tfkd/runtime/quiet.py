"""Keep off the screen what libraries say that is not meant for the user."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_CHATTY = ("absl", "tensorflow")


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what C++ code writes to stderr, and the log lines of absl and TensorFlow.

    LiteRT and the converter have no log level that Python can set: only the file descriptor helps.
    Exceptions pass through as ever. The descriptor belongs to the whole process, so what another
    thread writes to stderr meanwhile is dropped too: keep the block short.

    >>> import os
    >>> with quiet():
    ...     _ = os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.")
    """
    loggers = [logging.getLogger(name) for name in _CHATTY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with _stderr_to_nowhere():
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _stderr_to_nowhere() -> Iterator[None]:
    try:
        kept = os.dup(2)
    except OSError:
        # No stderr at all, as in a windowed program.
        yield
        return
    # A file and not /dev/null: the same on every system, and closed with the block.
    with tempfile.TemporaryFile() as sink:
        _flush()
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(kept, 2)
            os.close(kept)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
