"""The journal of a search: one file of Optuna that several processes append to, and kills spare.

What a sampler draws depends on the journal alone, so that a search which was killed goes on as if
it had not been.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ..errors import UserError, missing_extra

if TYPE_CHECKING:
    import optuna

JOURNAL = "journal.log"
STUDY = "search"
SAMPLERS = ("tpe", "random")


def check_optuna() -> None:
    """Refuse to search where Optuna is missing.

    Raises:
        UserError: It names the extra.
    """
    try:
        import optuna  # noqa: F401 (whether it is there)
    except ImportError:
        raise missing_extra("optuna", "search", "a search for students") from None


def open_study(folder: Path, *, sampler: str, seed: int, higher_is_better: bool) -> optuna.Study:
    """Open the journal in a folder, and make it where there is none.

    Args:
        folder: Of the search.
        sampler: `tpe`, or `random` as a control.
        seed: Of the sampler.
        higher_is_better: Whether the greatest score is the best one.

    Raises:
        UserError: The journal is damaged.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend

    from .sampling import JournalSampler

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = folder / JOURNAL
    lock: Any = _JournalLock(path)
    try:
        # What a kill cut off is mended before anything is read.
        lock.acquire()
        lock.release()
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(path), lock))
        return optuna.create_study(
            storage=storage,
            sampler=JournalSampler(sampler, seed),
            study_name=STUDY,
            direction="maximize" if higher_is_better else "minimize",
            load_if_exists=True,
        )
    # Optuna passes on whatever its lines raise.
    except (ValueError, KeyError) as error:
        raise UserError(
            f"{path} is damaged ({error}): give another folder with --to; nothing was changed."
        ) from error


class _JournalLock:
    """A lock of the operating system: that of a process which was killed is free at once.

    Args:
        path: The journal.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, FileLock(f"{path}.lock")

    def acquire(self) -> bool:
        """Wait for the journal, and drop the line that a killed process has not ended."""
        self._lock.acquire()
        try:
            _drop_cut_line(self.path)
        except BaseException:
            self._lock.release()
            raise
        return True

    def release(self) -> None:
        """Leave the journal to others."""
        self._lock.release()


def _drop_cut_line(path: Path) -> None:
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
