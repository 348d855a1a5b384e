"""A teacher's classes in the order of the data's."""

from __future__ import annotations

from collections.abc import Iterable

from ..data import Schema
from ..data.labels import shorten
from ..errors import UserError
from ..models.class_names import are_names
from ..models.text_model import TextModel
from ..progress import logger
from ..tasks import Task, match_names
from ..teachers.merged_classes import merge_classes


def align_classes(teacher: TextModel, task: Task, schema: Schema) -> TextModel:
    """Return the teacher with its outputs in the order of the data's classes.

    Raises:
        UserError: Another number of classes, or a teacher with more or fewer names than classes.
    """
    labels = schema.labels
    wanted = task.output_shapes(schema).get("logits", (None,))[-1]
    if not labels:
        if wanted and teacher.classes not in (0, wanted):
            raise UserError(
                f"the teacher {teacher.origin} returns {teacher.classes} numbers for a text, and "
                f"the task {task.name} {wanted}: take a teacher that was trained for this task."
            )
        return teacher
    if teacher.labels and len(teacher.labels) != teacher.classes:
        raise UserError(
            f"the teacher {teacher.origin} names {len(teacher.labels)} classes and returns "
            f"{teacher.classes} logits: fix its class names (labels.txt, or id2label)."
        )
    groups = task.merge(Schema(teacher.labels), schema)
    if groups is not None:
        logger.info(f"the teacher's {teacher.classes} classes are added up to {len(groups)}")
        return merge_classes(teacher, groups, labels)
    if teacher.classes != len(labels):
        raise UserError(
            f"the teacher has {teacher.classes} classes and the data {len(labels)} "
            f"({shorten(labels)}): take a teacher that was trained for these labels."
        )
    order = task.align(Schema(teacher.labels), schema)
    return teacher if order is None else teacher.reordered(order)


def describe_other_names(teacher: TextModel, labels: tuple[str, ...]) -> list[str]:
    """Return a note if the teacher has other names for the classes than the data; else nothing.

    Args:
        teacher: Its classes in the order of the data's.
        labels: The data's names.
    """
    theirs, ours = _fold_case(teacher.labels), _fold_case(labels)
    if theirs == ours or not are_names((*theirs, *ours)) or not theirs:
        return []
    pairs = [
        f"{their} is {our}"
        for their, our in zip(teacher.labels, labels, strict=True)
        if their.casefold() != our.casefold()
    ]
    matched = match_names(teacher.labels, labels) == list(range(len(labels)))
    how = "by their names" if matched else "by their position, since the names differ"
    return [f"The teacher's classes are taken as the data's {how}: {shorten(pairs)}."]


def _fold_case(names: Iterable[str]) -> list[str]:
    return [name.casefold() for name in names]
