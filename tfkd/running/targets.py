"""The teacher's outputs for a run's texts: where they are stored, and in the order of the texts."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from .. import store, teachers
from ..data.encoded import Encoded
from ..errors import UserError
from ..models.text_model import TextModel
from ..progress import logger
from ..store import Store
from ..store.fingerprint import check_fingerprint, fingerprint
from ..tasks import DEFAULT, Task
from .checks import OF_DATA
from .config import RunConfig
from .context import RunContext
from .task_choice import choose_task, with_task

FOLDER = "targets"
_OF_TEXTS = (
    "task",
    "columns",
    "task_settings",
    "data",
    "teacher",
    "teacher_max_length",
    "seed",
    *OF_DATA,
)


class Targets:
    """The stored logits of texts, in their order: `targets[rows]` is `[rows, classes]`, float32.

    Args:
        stored: The store, which holds a teacher's logits in its own order of classes.
        rows: Where the logits of each text are in it.
        order: The teacher's class ids in the order of the data's; None where that is the same.
    """

    def __init__(self, stored: Store, rows: np.ndarray, order: list[int] | None = None) -> None:
        self._store, self._rows, self._order = stored, rows, order

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of texts and of classes."""
        return len(self), int(self[:1].shape[-1])

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        logits = self._store.logits(self._rows[rows])
        return logits if self._order is None else logits[..., self._order]


def store_folder(context: RunContext) -> Path:
    """Return where the outputs of a run's teacher are kept: in its folder, or shared by many."""
    config = context.config
    if config.teacher.source.startswith("train") or not config.teacher.cache:
        return context.folder / FOLDER
    return shared_store_folder(config, context.folder.parent)


def shared_store_folder(config: RunConfig, runs: Path) -> Path:
    """Return where all runs in the folder `runs` keep the outputs of one given teacher.

    Neither the student nor the names and the order of the classes change it.
    """
    if config.teacher.store:
        return Path(config.teacher.store).expanduser()
    files = teachers.digest_spec(config.teacher.source, with_names=False)
    task = config.task.name or DEFAULT
    identity: tuple[str | int, ...] = (files, config.teacher.max_length, task)
    # Of pairs, a teacher may be another graph.
    identity += ("pair",) if config.task_settings.get("pair") else ()
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:8]
    name = re.sub(r"\W+", "-", Path(config.teacher.source.partition(":")[2]).name).strip("-")
    return runs / FOLDER / f"{name}-{digest}"


def describe_source(config: RunConfig) -> dict[str, Any]:
    """Return the settings that name a teacher and its texts, for a store's manifest."""
    if not config.task.name:
        config = with_task(config, choose_task(config)[0])
    settings = {**config.flat(), "task": "" if config.task.name == DEFAULT else config.task.name}
    return {name: value for name in _OF_TEXTS if (value := settings[name])}


def store_options(task: Task) -> dict[str, Any]:
    """Return how outputs are computed and stored: numbers far from 0 lose all in fewer bits."""
    exact = task.form == "regression"
    return {"dtype": "float32", "precision": "float32"} if exact else {}


def open_targets(
    folder: Path,
    encoded: Encoded,
    teacher: TextModel | None = None,
    *,
    order: list[int] | None = None,
) -> Targets | None:
    """Return the stored outputs for these texts; None where they are not all there, and whole.

    Args:
        folder: The folder of the store.
        encoded: The texts, as the teacher reads them.
        teacher: The teacher whose outputs they must be; None trusts the folder's name.
        order: The teacher's class ids in the order of the data's; None where that is the same.

    Raises:
        UserError: They are not those of `teacher`.
    """
    if not (folder / store.MANIFEST).is_file():
        return None
    stored = Store(folder)
    if teacher is not None:
        mark = fingerprint(teacher.in_own_order())
        check_fingerprint(stored.manifest.fingerprint, mark, folder)
    try:
        rows = stored.find(encoded)
    except UserError as error:
        logger.warning(f"{str(error).partition(': `')[0]}: its outputs are computed again.")
        return None
    return Targets(stored, rows, order) if (rows >= 0).all() else None


def compute_targets(
    context: RunContext, teacher: TextModel, encoded: Encoded, folder: Path, split: str
) -> None:
    """Store this worker's share of a teacher's outputs: what is missing, or broken.

    Args:
        context: The context of the run.
        teacher: The teacher.
        encoded: The texts of the split, as the teacher reads them.
        folder: The folder of the store.
        split: The name of the split, for the progress bar.
    """
    store.write(
        folder,
        teacher.in_own_order(),
        encoded,
        verbose=0,
        progress=context.progress,
        source=describe_source(context.config),
        title=f"teacher on {split}",
        **store_options(context.task),
        repair=True,
        shard=f"{context.worker + 1}/{context.workers}",
    )
