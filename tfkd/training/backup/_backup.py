"""Where the states of a training are kept, and how often."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError


@dataclass(frozen=True)
class Backup:
    """The folder where `Distiller.fit(backup=...)` keeps what it needs to go on; and how often.

    The state after each epoch, and with `every` after so many steps too: weights, projections,
    optimizer, schedules, random numbers of Keras 3, the running numbers of the epoch, and the place
    in the data. The same command goes on from the last one. Each state is written under another
    name first, and the last two are kept.

    Args:
        folder: Where to; one that all workers see.
        every: So many steps, a multiple of `steps_per_execution`.
        follows: The data begin with the current epoch by themselves, so that no batch of those
            before is read again.

    Raises:
        UserError: `every` is no positive number.

    >>> Backup("runs/a/backup", every=500)
    Backup(folder='runs/a/backup', every=500, follows=False)
    """

    folder: str | os.PathLike
    every: int | None = None
    follows: bool = False

    def __post_init__(self) -> None:
        if self.every is not None and (not isinstance(self.every, int) or self.every < 1):
            raise UserError(f"Backup(every={self.every!r}): write a number of steps, e.g. 500.")

    @property
    def path(self) -> Path:
        """The folder, without `~`."""
        return Path(self.folder).expanduser()

    def forget(self) -> None:
        """Remove the states of a training whose student has been saved."""
        shutil.rmtree(self.path, ignore_errors=True)


def as_backup(backup: Backup | str | os.PathLike | None) -> Backup | None:
    """Take a folder for a backup after each epoch; keep `None`."""
    return backup if backup is None or isinstance(backup, Backup) else Backup(backup)
