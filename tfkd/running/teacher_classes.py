"""A teacher whose classes are in another order than the data's: noticed before training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Data, Example, Schema
from ..data.labels import shorten
from ..errors import UserError
from ..files import names_file
from ..models.text_model import TextModel
from ..progress import Progress, logger
from ..reporting.scoring import TestSet
from ..reporting.verdict import describe_order
from ..tasks import Arrays, Task
from ..teachers import FittedTeacher
from ..teachers.keras_files import read_labels

_FAR_MORE = 0.1
_MOST_NAMES = 10
"""Classes that are named one by one in a message."""


def name_classes(teacher: TextModel, given: str, schema: Schema) -> TextModel:
    """Return the teacher with the data's names for its classes, as the settings give them.

    Args:
        teacher: Its classes in its own order.
        given: Names in the order of the teacher's outputs, with commas between them, or a file with
            one name a line; empty leaves the teacher's own names.
        schema: The data's classes.

    Raises:
        UserError: Names that are not the data's.
    """
    if not given:
        return teacher
    file = Path(given).expanduser()
    names = read_labels(file.parent, file.name) if names_file(given) else _split(given)
    if sorted(names) != sorted(schema.labels):
        raise UserError(
            f"teacher_labels are {shorten(names)}, and the data's classes "
            f"{shorten(schema.labels)}: write each of these once, in the order of the teacher's "
            "outputs."
        )
    if len(names) != teacher.classes:
        raise UserError(
            f"teacher_labels are {len(names)} names and {teacher.origin} has {teacher.classes} "
            "classes: write one name for each."
        )
    return replace(teacher, labels=names)


def _split(given: str) -> tuple[str, ...]:
    return tuple(name for part in given.split(",") if (name := part.strip()))


def check_class_order(
    teacher: TextModel, task: Task, data: Data, *, progress: Progress, given: bool
) -> None:
    """Compare a teacher's answers to some training texts with their labels.

    Args:
        teacher: Its classes in the order of the data's.
        task: Tells how many texts that takes, and whether another order fits better.
        data: The data set.
        progress: Shows how far it is.
        given: Whether the settings name the teacher's classes; then another order is only told of.

    Raises:
        UserError: The teacher is right far more often with its classes in another order, or with
            other numbers as its inputs.
    """
    # One that was fitted by names has no other order, and saw as many labels as it may.
    fitted = isinstance(teacher, FittedTeacher)
    examples = [] if fitted else _draw(task, data, task.examples_for_order(data.schema))
    if not examples:
        return
    with progress("teacher on some labels", len(examples)) as advance:
        rows = task.encode(examples, teacher.encoder, data.schema)
        answers = task.answers(partial(teacher.run, advance=advance), rows, data.schema)
    _check_inputs(teacher, task, schema=data.schema, rows=rows, answers=answers, examples=examples)
    order = task.find_order(answers, examples, data.schema)
    test = TestSet(task, data.schema, examples)
    if order is None:
        for word in test.warnings(test.row("teacher", answers).scores, answers):
            logger.warning(f"On {len(examples)} training texts: {word}")
        return
    right = float(np.nanmean(task.per_example(answers, examples)))
    sentence = (
        f"the teacher {teacher.origin} is right on {right:.1%} of {len(examples)} training texts: "
        f"its classes seem to be {describe_order(order, data.labels)}"
    )
    if given:
        logger.warning(f"{sentence}; they are taken as teacher_labels name them.")
        return
    raise UserError(f"{sentence}. {_cure(teacher, order, data.labels)}")


def _check_inputs(
    teacher: TextModel,
    task: Task,
    *,
    schema: Schema,
    rows: list[list[Arrays]],
    answers: Sequence[Any],
    examples: Sequence[Example],
) -> None:
    """Refuse a teacher that was trained on other numbers, such as pixels from 0 to 1.

    Raises:
        UserError: It is right far more often with these.
    """
    own = float(np.nanmean(task.per_example(answers, examples)))
    for layer, other in task.other_inputs(rows):
        right = np.nanmean(task.per_example(task.answers(teacher.run, other, schema), examples))
        if right > own + _FAR_MORE:
            raise UserError(
                f"the teacher {teacher.origin} is right on {own:.1%} of {len(examples)} training "
                f"{task.things} as they are, and on {right:.1%} behind {layer}: put this layer in "
                "front of it, keras.Sequential([keras.Input(...), layer, teacher]), and save that."
            )


def _cure(teacher: TextModel, order: Sequence[int], labels: Sequence[str]) -> str:
    own = [theirs if teacher.order is None else teacher.order[theirs] for theirs in order]
    names = [""] * len(labels)
    for label, place in zip(labels, own, strict=True):
        names[place] = label
    if len(names) <= _MOST_NAMES and not any("," in name for name in names):
        wanted = ",".join(names)
        quoted = f'"{wanted}"' if " " in wanted else wanted
        return f"Write --teacher-labels {quoted} if that is so."
    return (
        "If that is so, write the data's names for the teacher's classes into a file, one a line "
        f"in the order of its outputs ({shorten(names)}), and give it as --teacher-labels FILE."
    )


def _draw(task: Task, data: Data, count: int) -> list[Example]:
    """Return labelled training examples, drawn evenly from all; the same ones each time."""
    rng, drawn, seen = np.random.default_rng(0), list[Example](), 0
    if not count:
        return drawn
    for example in data.read("train"):
        if not task.is_labelled(example):
            continue
        seen += 1
        if len(drawn) < count:
            drawn.append(example)
        elif (place := int(rng.integers(seen))) < count:
            drawn[place] = example
    return drawn
