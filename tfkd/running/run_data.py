"""Open the data of a run, with something to train and to test on."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import replace

from .. import tasks
from ..data import Column, Data, open_data
from ..data.opening import peek_row
from ..data.questions import UnfitDataError
from ..data.shares import take_share
from ..errors import UserError
from ..tasks import Task
from .config import RunConfig
from .fitted_teacher import names_of_classes

OF_DATA = (
    "data_dir",
    "validation",
    "test",
    "unlabelled",
    "text_column",
    "label_column",
    "ignore_texts",
    "header",
    "encoding",
    "skip_bad",
    "labels",
    "fold",
)
"""The settings that change which examples a data set has."""


def open_run_data(config: RunConfig, task: Task, *, kept: str = "") -> Data:
    """Open the data that the settings name, with something to train and to test on.

    Args:
        config: The settings.
        task: What knows the columns of the data.
        kept: A further column, whose values examples keep as `tfkd.data.columns.KEPT`.

    Raises:
        UserError: No data, or data without a training or a test split.
    """
    if not config.data.source:
        raise UserError("no data given: write imdb, sample, a file or a folder.")
    settings = config.flat()
    options = {name: settings[name] or None for name in OF_DATA}
    expected = names_of_classes(config)
    # Where a file has a second column, it may hold the labels under any name.
    texts_alone = bool(expected) and len(peek_row(config.data.source)) == 1
    try:
        data = open_data(
            config.data.source,
            reader=without_need_of_labels(task) if texts_alone else task,
            columns=config.columns,
            **options,
            seed=config.training.seed if config.data.split_seed < 0 else config.data.split_seed,
            kept=kept,
            expected=expected,
        )
    except UnfitDataError as error:
        known = ", ".join(tasks.names())
        raise UserError(f"{error} The tasks of `tfkd distill` are: {known}.") from None
    for split in ("train", "test"):
        if not data.counts.get(split):
            raise UserError(
                f"{config.data.source} has no {split} {task.things}{_explain_missing(data, split)}"
                ": give some."
            )
    if config.training.patience and not data.counts.get("validation"):
        raise UserError(
            f"patience is {config.training.patience} and {config.data.source} has no validation "
            f"{task.things} to tell the best epoch by: give some with --validation."
        )
    return take_share(data, config.data.share, config.training.seed)


def without_need_of_labels(task: Task) -> Task:
    """Return a task whose files may lack the columns of labels."""
    reader = copy.copy(task)

    def without_need(columns: Mapping[str, Column]) -> dict[str, Column]:
        return {r: c if c.required else replace(c, optional=True) for r, c in columns.items()}

    def columns_for(
        fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        return without_need(task.columns_for(fields, named))

    # A task that chooses its columns by the fields knows nothing of those of an instance.
    vars(reader).update(columns=without_need(task.columns), columns_for=columns_for)
    return reader


def _explain_missing(data: Data, split: str) -> str:
    """Say why no test split was cut from training rows, where there are some."""
    if split != "test" or not data.counts.get("train"):
        return ""
    return (
        f", and none of its {data.counts['train']:,} training rows has anything in the label "
        "column, so that some could be cut off (--label-column names another one)"
    )


def check_lessons(task: Task, data: Data, source: str) -> None:
    """Refuse to train a teacher on texts that hold nothing to learn from by themselves.

    Args:
        task: The task.
        data: The data set.
        source: What is to be trained.

    Raises:
        UserError: They do not.
    """
    if task.objective_alone(data.schema) is None:
        raise UserError(
            f"the teacher is {source}, and {data.name} has texts alone, from which none can be "
            f"trained for the task {task.name}: give one that is, such as --teacher hf:FOLDER, or "
            "pairs of texts."
        )
