"""The weights of a student that starts from an earlier run, and its classes by their names."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from .. import students
from ..data import Schema
from ..errors import UserError
from ..models.saving import load_weights, save_weights
from ..progress import logger
from ..tasks import match_names
from ..text import Encoder
from . import folder as run_folder
from .context import RunContext
from .earlier_run import locate_earlier

WEIGHTS, MARK = "earlier.npz", "earlier.json"
"""What a student starts from, and of which file it is, in the folder of its own run."""
_PROBED = 100  # pieces of a student that is built to see where its classes are


def remember_earlier(context: RunContext) -> None:
    """Write down which student this one starts from, or refuse another one than it began with.

    An earlier run that is gone since is fine: its weights are in the folder of this one.

    Raises:
        UserError: The earlier run was trained again since this one began.
    """
    file = locate_earlier(context.config) / "student.keras"
    mark = context.folder / MARK
    if context.config.student.from_run and (file.is_file() or not mark.is_file()):
        facts = {"digest": hashlib.sha256(file.read_bytes()).hexdigest()}
        run_folder.remember(mark, facts, "the run that the student starts from")


def give_earlier_weights(context: RunContext, student: Any, encoder: Encoder) -> None:
    """Give a student the weights that it starts from; from the run's own folder where they are.

    Args:
        context: The context of the run; where it starts from no earlier one, nothing is done.
        student: The student, just built.
        encoder: Its tokenizer.

    Raises:
        UserError: Weights of another shape.
    """
    import keras

    if not context.config.student.from_run or load_weights(student, context.work / WEIGHTS):
        return
    folder = locate_earlier(context.config)
    theirs, ours = read_schema(folder), context.data.schema
    places = match_classes(theirs, ours)
    saved = keras.models.load_model(folder / "student.keras", compile=False)
    earlier = context.task.served_model(saved)
    if places is None:
        _copy(earlier, student, {}, [])
    else:
        logger.info(f"starts    from {folder}: {_describe(theirs, ours, places)}")
        _copy(earlier, student, _find_class_axes(context, encoder), places)
        # The students that were built for a look have used some.
        keras.utils.set_random_seed(context.config.training.seed)
    context.work.mkdir(exist_ok=True)
    save_weights(student, context.work / WEIGHTS)


def read_schema(folder: Path) -> Schema:
    """Return what the training split of a finished run fixed."""
    return Schema.from_json(run_folder.read_json(folder / run_folder.KEPT)["schema"])


def match_classes(theirs: Schema, ours: Schema) -> list[int] | None:
    """Return where each of our classes stands among theirs, -1 for a new one.

    Args:
        theirs: What the training split of the earlier run fixed.
        ours: The same of this run.

    Returns:
        The places, or None where all classes are the same in the same order.

    Raises:
        UserError: Classes of several heads that differ.

    >>> match_classes(Schema(("bad", "good")), Schema(("good", "mixed", "Bad")))
    [1, -1, 0]
    """
    if not theirs.labels or not ours.labels:
        if theirs != ours:
            raise UserError(
                "the classes of the earlier run's heads, or its other settings, are not those of "
                "the data: a student of several heads starts from a run with the same ones."
            )
        return None
    same = match_names(theirs.labels, ours.labels)
    if same is not None:
        return None if same == sorted(same) else same
    known = {name.casefold(): place for place, name in enumerate(theirs.labels)}
    return [known.get(name.casefold(), -1) for name in ours.labels]


def _describe(theirs: Schema, ours: Schema, places: list[int]) -> str:
    """Return which classes are known, new and gone."""
    names = {
        "known": [n for n, place in zip(ours.labels, places, strict=True) if place >= 0],
        "new": [n for n, place in zip(ours.labels, places, strict=True) if place < 0],
        "gone": [n for place, n in enumerate(theirs.labels) if place not in places],
    }
    return "; ".join(f"{key} classes {', '.join(each)}" for key, each in names.items() if each)


def _find_class_axes(context: RunContext, encoder: Encoder) -> dict[int, int]:
    """Return which weights of the student have an axis of classes, by their number, and which."""
    schema = context.task.schema_with(context.data.schema, encoder)
    more = dataclasses.replace(schema, labels=(*schema.labels, "one more"))
    name, _, size = context.config.student.source.partition(":")
    settings = context.config.student.settings
    shapes = [
        [
            tuple(weight.shape)
            for weight in students.build_for(
                context.task, each, name, _PROBED, size or "small", **settings
            ).weights
        ]
        for each in (schema, more)
    ]
    return {
        number: next(axis for axis, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        for number, (one, other) in enumerate(zip(*shapes, strict=True))
        if one != other
    }


def _copy(earlier: Any, student: Any, axes: dict[int, int], places: list[int]) -> None:
    """Give a student the weights of an earlier one; those of new classes stay as they are."""
    weights, values = student.weights, [weight.numpy() for weight in earlier.weights]
    for number, (weight, value) in enumerate(zip(weights, values, strict=False)):
        new, axis = weight.numpy().copy(), axes.get(number)
        if axis is not None:
            known = [place for place, old in enumerate(places) if old >= 0]
            taken = np.take(value, [places[place] for place in known], axis)
            np.moveaxis(new, axis, 0)[known] = np.moveaxis(taken, axis, 0)
            value = new
        if new.shape != value.shape or len(weights) != len(values):
            raise UserError(
                "the student of the earlier run has other weights than one of these settings and "
                "classes: start without an earlier run."
            )
        weight.assign(value)
