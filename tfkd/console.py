"""What a run says while it works, until all of it logs by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .progress import Advance, Progress, log_progress, logger


class Voice:
    """Logs lines, and shows progress by a `tfkd.progress.Progress`."""

    def __init__(self, progress: Progress = log_progress, *, quiet: bool = False):
        self.progress, self.quiet = progress, quiet

    def say(self, line: str = "") -> None:
        """Log one line."""
        if not self.quiet:
            logger.info(line)

    @contextmanager
    def bar(self, title: str, total: int, unit: str = "texts") -> Iterator[Advance]:
        """Show how far a long step is."""
        if self.quiet:
            yield lambda count: None
            return
        with self.progress(title, total, unit) as advance:
            yield advance
