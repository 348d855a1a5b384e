"""States on disk: one file a process, checked when it is read; the last two are kept."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...files import replace_when_whole

_KEPT = 2
_FACTS = "facts"
_NAME = re.compile(r"epoch-(\d+)-step-(\d+)\.npz")


class DamagedBackup(Exception):
    """A file that is not whole, or of another configuration; the message says which."""


@dataclass(frozen=True, order=True)
class BackupPosition:
    """How far a training is: whole epochs, and steps of the next one."""

    epoch: int = 0
    step: int = 0

    def file(self, folder: Path, worker: int = 0) -> Path:
        """Name the file of a worker's state; that of the first one has the weights."""
        name = f"epoch-{self.epoch:06}-step-{self.step:09}"
        return folder / (f"{name}.worker-{worker}.npz" if worker else f"{name}.npz")

    def __str__(self) -> str:
        return f"step {self.step} of epoch {self.epoch + 1}" if self.step else f"epoch {self.epoch}"


@dataclass(frozen=True)
class SavedState:
    """The arrays of a moment: weights and what trains them, and the running sums of metrics.

    `configuration` is what must be the same for the state to fit.
    """

    position: BackupPosition
    weights: list[np.ndarray]
    sums: list[np.ndarray]
    configuration: dict[str, Any]
    workers: int = 1


def list_positions(folder: Path) -> list[BackupPosition]:
    """List the positions of which there is a state, the latest first."""
    matches = [_NAME.fullmatch(file.name) for file in folder.glob("epoch-*.npz")]
    return sorted((BackupPosition(int(m[1]), int(m[2])) for m in matches if m), reverse=True)


def write_state(folder: Path, state: SavedState, worker: int = 0) -> None:
    """Write this worker's part of a state; the first worker also removes what is too old."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "workers": state.workers,
        "mark": state.configuration,
        "place": asdict(state.position),
    }
    arrays: dict[str, Any] = {f"sum_{i}": array for i, array in enumerate(state.sums)}
    if not worker:
        arrays |= {f"weight_{i}": array for i, array in enumerate(state.weights)}
    arrays[_FACTS] = np.array(json.dumps(facts))
    with replace_when_whole(state.position.file(folder, worker)) as part:
        np.savez(part, **arrays)
    if worker:
        return
    for old in list_positions(folder)[_KEPT:]:
        for file in folder.glob(f"{old.file(folder).stem}*"):
            file.unlink(missing_ok=True)


def load_state(folder: Path, position: BackupPosition, configuration: dict[str, Any]) -> SavedState:
    """Load the whole state of a position, the sums of all workers added up.

    Raises:
        DamagedBackup: A file is missing, cut off, changed, or of another configuration.
    """
    facts, arrays = _load(position.file(folder))
    before = facts["mark"]
    different = [name for name in configuration if before.get(name) != configuration[name]]
    if different:
        raise DamagedBackup(f"is of another configuration ({', '.join(different)})")
    sums = _numbered(arrays, "sum")
    for worker in range(1, facts["workers"]):
        _, others = _load(position.file(folder, worker))
        sums = [a + b for a, b in zip(sums, _numbered(others, "sum"), strict=True)]
    return SavedState(position, _numbered(arrays, "weight"), sums, before, facts["workers"])


def _load(file: Path) -> tuple[dict, dict[str, np.ndarray]]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            # This reads, and so checks, every byte.
            arrays = {name: archive[name] for name in archive.files}
        return json.loads(str(arrays.pop(_FACTS))), arrays
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedBackup(f"is damaged ({type(error).__name__})") from error


def _numbered(arrays: dict[str, np.ndarray], what: str) -> list[np.ndarray]:
    count = sum(name.startswith(f"{what}_") for name in arrays)
    return [arrays[f"{what}_{i}"] for i in range(count)]


def load_latest(folder: Path, configuration: dict[str, Any]) -> tuple[SavedState | None, list[str]]:
    """Load the newest good state; say of each newer one in a sentence why it is none.

    Raises:
        UserError: There are states, and none of them is good.
    """
    problems: list[str] = []
    for position in list_positions(folder):
        try:
            return load_state(folder, position, configuration), problems
        except DamagedBackup as error:
            problems.append(f"{position.file(folder)} {error}")
    if problems:
        raise UserError(
            f"{problems[0]}, and there is no other state to go on from: remove {folder}, and the "
            "same command trains from the start; or name another folder."
        )
    return None, []
