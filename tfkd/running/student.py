"""The student of a run: built from its seed, or loaded after its training."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from .. import students
from ..data import Schema
from ..errors import UserError
from ..models.array_model import model_of
from ..models.text_model import TextModel
from ..students import shrinking
from ..tasks import Task
from ..text import Encoder
from .context import RunContext
from .student_start import read_start
from .warm_start import give_earlier_weights


def build_student(context: RunContext, encoder: Encoder, shrunk: TextModel | None) -> Any:
    """Build the untrained student; every call makes the same weights.

    So the distilled student and the one that is trained alone start alike.

    Args:
        context: The context of the run.
        encoder: The student's tokenizer.
        shrunk: The student of the teacher's layers, of which a copy is returned; else None.

    Returns:
        A Keras model.
    """
    import keras

    config = context.config
    keras.utils.set_random_seed(config.training.seed)
    if shrunk is not None:
        fit = functools.partial(context.task.fit_outputs, schema=context.data.schema)
        return shrinking.as_model_of_ids(shrinking.shrink(shrunk), context.task.inputs, fit)
    name, _, size = config.student.source.partition(":")
    settings = {"seed": config.training.seed, **config.student.settings}
    schema = context.task.schema_with(context.data.schema, encoder)
    student = students.build_for(
        context.task, schema, name, encoder.vocab_size, size or "small", **settings
    )
    start = read_start(context)
    if start is not None:
        start.put_into(student)
    give_earlier_weights(context, student, encoder)
    return context.task.trained_model(student, schema)


def load_student(context: RunContext, encoder: Encoder, name: str = "student") -> TextModel:
    """Load a trained student from its file in the run's folder.

    Args:
        context: The context of the run.
        encoder: The student's tokenizer.
        name: The file's name without `.keras`: "student", or "alone" for the one without a teacher.

    Raises:
        UserError: The file is damaged.
    """
    file = context.folder / f"{name}.keras"
    return load_model_of(file, encoder, task=context.task, schema=context.data.schema)


def load_model_of(file: Path, encoder: Encoder, *, task: Task, schema: Schema) -> TextModel:
    """Load a trained student of any run.

    Args:
        file: The student.
        encoder: Its tokenizer.
        task: Its task.
        schema: What the training split of its run fixed.

    Raises:
        UserError: The file is damaged.
    """
    import keras

    try:
        model = keras.models.load_model(file, compile=False)
    except Exception as error:
        raise UserError(
            f"{file} is damaged ({type(error).__name__}): remove it, and the command that "
            "began the run trains it again."
        ) from error
    model, shapes = task.served_model(model), task.output_shapes(schema)
    return model_of(encoder)(model, encoder, schema.labels, file.stem, shapes=shapes)
