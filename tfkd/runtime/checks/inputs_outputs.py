"""Whether a model fits the settings that travel with it: its inputs, and its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data import Schema
from ...errors import UserError
from ...tasks import Task
from ...text.affixes import values_read
from ..interpreter import LiteRT
from ..row_feeding import CLIENT, RowFeeder

BATCH = 4_096
"Rows at once, where the file fixes their number."


def row_feeder(
    model: LiteRT, settings: Mapping[str, Any], task: Task, path: str | Path
) -> RowFeeder:
    """Return how the rows of a task become the inputs of a file's model.

    Raises:
        UserError: It takes something else, texts of another length, or more rows than fit.
    """
    most = settings["max_length"]
    shapes = [shape for shape, _ in model.inputs.values()]
    if set(model.inputs) == set(CLIENT) and {len(shape) for shape in shapes} == {2}:
        sources, client = {"ids": task.inputs[0]}, True
    else:
        names = settings["inputs"]
        values = values_read(task.inputs, len(names))
        if set(names) != set(model.inputs) or len(names) != len(values):
            raise UserError(
                f"{path} takes {', '.join(model.inputs)}: the task {task.name} has "
                f"{', '.join(task.inputs)}, or {', '.join(CLIENT)} of a file for MediaPipe."
            )
        sources, client = dict(zip(names, values, strict=True)), False
    if not all(shapes):
        raise UserError(f"{path} takes single numbers: the file is damaged; export it again.")
    feeder = RowFeeder(sources, model.inputs, most, settings["pad_id"], client)
    first = shapes[0] if client else model.inputs[settings["inputs"][0]][0]
    length = first[1] if len(first) == 2 and first[1] and not client else most
    if length < most or any((shape[0] or 1) > BATCH for shape in shapes):
        raise UserError(
            f"{path} takes {shapes[0][0]} texts of {length} word pieces, and its settings say "
            f"{most}: the file is damaged; export it again."
        )
    if len({shape[0] for shape in shapes}) > 1:
        raise UserError(f"{path} takes batches of different sizes: it is damaged; export it again.")
    return feeder


def check_arrays(
    model: LiteRT, settings: Mapping[str, Any], task: Task, schema: Schema, path: str | Path
) -> None:
    """Refuse a model whose inputs and outputs are of another type or shape than the task's.

    Raises:
        UserError: They are.
    """
    outputs = [settings["outputs"].get(name, {}).get("name") for name in task.outputs]
    if not set(outputs) <= set(model.outputs):
        raise UserError(
            f"{path} answers {', '.join(model.outputs)}, and the task {task.name} needs "
            f"{', '.join(task.outputs)}: the file is damaged; export it again."
        )
    kinds = [np.dtype(dtype) for _, dtype in model.inputs.values()]
    answers = [np.dtype(model.outputs[name][1]) for name in outputs]
    if any(kind.kind not in "if" for kind in kinds) or any(kind != np.float32 for kind in answers):
        raise UserError(
            f"{path} takes {', '.join(map(str, kinds))} and answers "
            f"{', '.join(map(str, answers))}: expected ids or numbers, and float32."
        )
    shapes = task.output_shapes(schema)
    binary = settings.get("form") == "binary"
    for name, output in zip(task.outputs, outputs, strict=True):
        shape = model.outputs[output][0]
        expected = (1,) if binary else shapes[name]
        named = len(schema.labels) == 2 if binary else 0 not in expected
        if not _fits(shape, expected) or not (named or task.writes):
            raise UserError(
                f"{path} has {len(schema.labels)} class names inside and outputs of shape "
                f"{shape}: the file is damaged; export it again."
            )


def _fits(shape: Sequence[int | None], expected: Sequence[int | None]) -> bool:
    """Return whether a shape is `[batch, *expected]`, where None and 0 are any size."""
    if len(shape) != 1 + len(expected):
        return False
    sizes = zip(shape[1:], expected, strict=True)
    return all(size == wanted or not wanted for size, wanted in sizes)
