"""The first call of a model: what it returns for two tokens, and whether that is what was meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import UserError

Shapes = Mapping[str, tuple[int | None, ...]]
Outputs = Callable[[np.ndarray, tuple[str, ...]], Mapping[str, Any]]
"""A model: ids and the names of outputs to these outputs."""


def try_shapes(
    outputs: Outputs, reads: tuple[str, ...], origin: str, ids: Sequence[int] = (2, 3)
) -> Shapes:
    """Return the shapes of a model's outputs for one text, by default of two tokens.

    Args:
        outputs: The model.
        reads: Which of them.
        origin: What to call the model.
        ids: Those of the text.

    Raises:
        UserError: It reads something else, which Keras would say in many lines, or lacks an output.
    """
    try:
        found = outputs(np.array([ids], "int32"), reads)
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"{origin} does not read ids [batch, length] ({type(error).__name__}): give "
            "a model of texts, with the tokenizer that it was trained with."
        ) from error
    missing = [name for name in reads if name not in found]
    if missing:
        raise UserError(
            f"{origin} returns {', '.join(map(repr, found))} and no {missing[0]!r}: "
            "give a model that was trained for this task."
        )
    return {name: tuple(found[name].shape[1:]) for name in reads}


def match_shapes(actual: Shapes, expected: Shapes, origin: str) -> Shapes:
    """Return the expected shapes, completed by the actual ones.

    Args:
        actual: Those of the outputs for one text.
        expected: `None` is the number of tokens, and 0 any number.
        origin: What to call the model.

    Raises:
        UserError: Other numbers of axes.
    """
    for name, shape in expected.items():
        if len(actual[name]) != len(shape):
            axes = ["tokens" if size is None else "classes" for size in shape]
            raise UserError(
                f"{origin} returns {name} of shape {(1, *actual[name])} for one text: "
                f"expected [{', '.join(['batch', *axes])}]."
            )
    return {
        name: tuple(
            None if size is None else found for size, found in zip(shape, actual[name], strict=True)
        )
        for name, shape in expected.items()
    }


def refuse_softmax_of_one(teacher: Any, inputs: Any, origin: str) -> None:
    """Refuse a model of one output that is 1 for every text.

    Args:
        teacher: The model, as `as_teacher` makes it.
        inputs: Those of one text.
        origin: What to call the model.

    Raises:
        UserError: Its one output is a softmax.
    """
    import tensorflow as tf

    from .outputs import raw_logits

    tensors = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    value = np.asarray(raw_logits(teacher.raw(tensors, ("logits",))), "float32")
    if (value == 1).all():
        raise UserError(
            f"{origin} returns 1 for every text, as a softmax over one number does: end it in a "
            "sigmoid, or in a softmax over two numbers, and train it again."
        )
