"""The student of a run: built from its seed, or loaded after its training."""

from __future__ import annotations

import functools
from typing import Any

from .. import students
from ..errors import UserError
from ..models.array_model import model_of
from ..models.text_model import TextModel
from ..students import shrinking
from ..text import Encoder
from .context import RunContext
from .student_start import read_start


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
    import keras

    file = context.folder / f"{name}.keras"
    try:
        model = keras.models.load_model(file, compile=False)
    except Exception as error:
        raise UserError(
            f"{file} is damaged ({type(error).__name__}): remove it, and the command that "
            "began the run trains it again."
        ) from error
    model = context.task.served_model(model)
    shapes = context.task.output_shapes(context.data.schema)
    return model_of(encoder)(model, encoder, context.data.labels, name, shapes=shapes)
