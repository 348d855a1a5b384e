"""The teacher's outputs for a run's texts: where they are stored, and how they get there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import store, teachers
from ..data.encoded import Encoded
from ..errors import UserError
from ..models.text_model import TextModel
from ..progress import logger
from ..store import Store
from ..store.fingerprint import check_fingerprint
from ..tasks import DEFAULT, Task
from .config import RunConfig
from .context import RunContext
from .fitted_teacher import mark_fitted
from .lookup_setting import looks_up
from .run_data import OF_DATA
from .stored_outputs import Order, StoredOutputs
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
_OF_FIT = ("classes", "template", "labelled")


def store_folder(context: RunContext) -> Path:
    """Return where the outputs of a run's teacher are kept: in its folder, or shared by many."""
    config = context.config
    own = config.teacher.source.startswith("train") or looks_up(context.task)
    if own or not config.teacher.cache:
        return context.folder / FOLDER
    fitted = mark_fitted(config, context.task, context.data)
    return shared_store_folder(config, context.folder.parent, fitted)


def shared_store_folder(config: RunConfig, runs: Path, fitted: str = "") -> Path:
    """Return where all runs in the folder `runs` keep the outputs of one given teacher.

    Neither the student nor the names and the order of the classes change it.

    Args:
        config: The settings.
        runs: The folder.
        fitted: What tells the classes and labels that the teacher is fitted to from others.
    """
    if config.teacher.store:
        return Path(config.teacher.store).expanduser()
    files = teachers.digest_spec(config.teacher.source, with_names=False)
    task = config.task.name or DEFAULT
    identity: tuple[str | int, ...] = (files, config.teacher.max_length, task)
    # Of pairs, a teacher may be another graph.
    identity += ("pair",) if config.task_settings.get("pair") else ()
    identity += (fitted,) if fitted else ()
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:8]
    name = re.sub(r"\W+", "-", Path(config.teacher.source.partition(":")[2]).name).strip("-")
    return runs / FOLDER / f"{name}-{digest}"


def describe_source(config: RunConfig) -> dict[str, Any]:
    """Return the settings that name a teacher and its texts, for a store's manifest."""
    if not config.task.name:
        config = with_task(config, choose_task(config)[0])
    settings = {**config.flat(), "task": "" if config.task.name == DEFAULT else config.task.name}
    of_fit = _OF_FIT if teachers.is_fitted(config.teacher.source) else ()
    return {name: value for name in (*_OF_TEXTS, *of_fit) if (value := settings[name])}


def store_options(task: Task, teacher: TextModel) -> dict[str, Any]:
    """Return which outputs are stored, and how: numbers far from 0 lose all in fewer bits.

    Args:
        task: The task, which says of how many logits the rest is kept as mass.
        teacher: The teacher.
    """
    exact = any(task.form_of(name) == "regression" for name in task.outputs)
    options: dict[str, Any] = {"dtype": "float32", "precision": "float32"} if exact else {}
    # A teacher that is trained in the run has not been asked yet how many logits it has.
    if task.kept_logits and (teacher.classes or teacher.encoder.vocab_size) > task.kept_logits:
        options["top_k"] = task.kept_logits
    return {"reads": task.outputs, **options}


def open_outputs(
    folder: Path,
    encoded: Encoded,
    mark: Mapping[str, Any],
    *,
    order: Order = None,
) -> StoredOutputs | None:
    """Return the stored outputs for these texts; None where they are not all there, and whole.

    Args:
        folder: The folder of the store.
        encoded: The texts, as the teacher reads them.
        mark: The fingerprint of the teacher whose outputs they must be. A folder's name is not
            enough: another tfkd may read the same files in another way.
        order: The teacher's class ids in the order of the data's; None where that is the same.

    Raises:
        UserError: They are another teacher's.
    """
    if not (folder / store.MANIFEST).is_file():
        return None
    stored = Store(folder)
    check_fingerprint(stored.manifest.fingerprint, mark, folder)
    try:
        rows = stored.find(encoded)
    except UserError as error:
        logger.warning(f"{str(error).partition(': `')[0]}: its outputs are computed again.")
        return None
    return StoredOutputs(stored, encoded, rows, order) if (rows >= 0).all() else None


def compute_outputs(
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
        **store_options(context.task, teacher),
        repair=True,
        shard=f"{context.worker + 1}/{context.workers}",
    )
