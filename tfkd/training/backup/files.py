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

KEPT = 2
_FACTS = "facts"
_NAME = re.compile(r"epoch-(\d+)-step-(\d+)\.npz")


class Damaged(Exception):
    """A file that is not whole, or of another configuration; the message says which."""


@dataclass(frozen=True, order=True)
class Place:
    """How far a training is: whole epochs, and steps of the next one."""

    epoch: int = 0
    step: int = 0

    def file(self, folder: Path, worker: int = 0) -> Path:
        """Where a process keeps its state of this moment; the first one's has the weights."""
        name = f"epoch-{self.epoch:06}-step-{self.step:09}"
        return folder / (f"{name}.worker-{worker}.npz" if worker else f"{name}.npz")

    def __str__(self) -> str:
        return f"step {self.step} of epoch {self.epoch + 1}" if self.step else f"epoch {self.epoch}"


@dataclass(frozen=True)
class State:
    """The arrays of a moment: weights and what trains them, and the running sums of the numbers."""

    place: Place
    weights: list[np.ndarray]
    sums: list[np.ndarray]
    mark: dict[str, Any]
    workers: int = 1


def places(folder: Path) -> list[Place]:
    """The moments of which there is a state, the latest first."""
    found = [_NAME.fullmatch(each.name) for each in folder.glob("epoch-*.npz")]
    return sorted((Place(int(m[1]), int(m[2])) for m in found if m), reverse=True)


def write(folder: Path, state: State, worker: int = 0) -> None:
    """Keep this process's part of a state; the first process also drops what is too old."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"workers": state.workers, "mark": state.mark, "place": asdict(state.place)}
    arrays: dict[str, Any] = {f"sum_{i}": each for i, each in enumerate(state.sums)}
    if not worker:
        arrays |= {f"weight_{i}": each for i, each in enumerate(state.weights)}
    arrays[_FACTS] = np.array(json.dumps(facts))
    with replace_when_whole(state.place.file(folder, worker)) as part:
        np.savez(part, **arrays)
    if not worker:
        _drop(folder, places(folder)[KEPT:])


def _drop(folder: Path, old: list[Place]) -> None:
    for place in old:
        for file in folder.glob(f"{place.file(folder).stem}*"):
            file.unlink(missing_ok=True)


def read(folder: Path, place: Place, mark: dict[str, Any]) -> State:
    """The whole state of a moment, the sums of all processes added up.

    Raises:
        Damaged: a file is missing, cut off, changed, or of another configuration.
    """
    facts, arrays = _load(place.file(folder))
    different = [name for name in mark if facts["mark"].get(name) != mark[name]]
    if different:
        raise Damaged(f"is of another configuration ({', '.join(different)})")
    sums = _numbered(arrays, "sum")
    for worker in range(1, facts["workers"]):
        _, others = _load(place.file(folder, worker))
        sums = [a + b for a, b in zip(sums, _numbered(others, "sum"), strict=True)]
    return State(place, _numbered(arrays, "weight"), sums, facts["mark"], facts["workers"])


def _load(file: Path) -> tuple[dict, dict[str, np.ndarray]]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}  # reads, and so checks, every byte
        return json.loads(str(arrays.pop(_FACTS))), arrays
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise Damaged(f"is damaged ({type(error).__name__})") from error


def _numbered(arrays: dict[str, np.ndarray], what: str) -> list[np.ndarray]:
    count = sum(name.startswith(f"{what}_") for name in arrays)
    return [arrays[f"{what}_{i}"] for i in range(count)]


def latest(folder: Path, mark: dict[str, Any]) -> tuple[State | None, list[str]]:
    """The newest good state, and a sentence for each newer one that is none.

    Raises:
        UserError: there are states, and none of them is good.
    """
    said: list[str] = []
    for place in places(folder):
        try:
            return read(folder, place, mark), said
        except Damaged as error:
            said.append(f"{place.file(folder)} {error}")
    if said:
        raise UserError(
            f"{said[0]}, and there is no other state to go on from: remove {folder}, and the same "
            "command trains from the start; or name another folder."
        )
    return None, []
