"""How a student is called: its inputs and outputs by name, and one serving function over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..losses._heads import is_logits
from ..models.outputs import as_outputs, flavour
from ..models.probabilities import to_logits
from ..text.pair_encoding import IDS, SEGMENTS
from .input_signature import Inputs, Shape, inputs_of_example, inputs_of_model

LOGITS = ("logits",)


@dataclass(frozen=True)
class ModelSignature:
    """A student, with the inputs that it takes and the outputs that are exported.

    Attributes:
        student: The model.
        inputs: Shape and dtype of each input by name.
        kind: What the student takes: "dict", "list", the one tensor alone ("tensor"), or as
            Hugging Face's models ids and the mask that is made of them ("masked").
        outputs: The names of the outputs, the one that answers first.
        pad_id: The id of padding, for a mask.
    """

    student: Any
    inputs: Inputs
    kind: str
    outputs: tuple[str, ...] = LOGITS
    pad_id: int = 0

    def fixed(self, batch: int | None, length: int | None) -> ModelSignature:
        """Return the same with the free sizes of the batch and of all other axes fixed."""
        inputs = {
            name: ((batch, *(length if size is None else size for size in shape[1:])), dtype)
            for name, (shape, dtype) in self.inputs.items()
        }
        return replace(self, inputs=inputs)

    def free_batch(self) -> ModelSignature:
        """Return the same for any size of batch."""
        inputs = {name: ((None, *shape[1:]), dtype) for name, (shape, dtype) in self.inputs.items()}
        return replace(self, inputs=inputs)

    @property
    def free_length(self) -> bool:
        """Whether an axis other than the batch has no fixed size."""
        return any(None in shape[1:] for shape, _ in self.inputs.values())

    def specs(self) -> dict[str, tf.TensorSpec]:
        """Return what TensorFlow traces the inputs by."""
        return {
            name: tf.TensorSpec(shape, dtype, name=name)
            for name, (shape, dtype) in self.inputs.items()
        }

    def serve(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return the outputs by name, float32, without dropout."""
        values = [inputs[name] for name in self.inputs]
        feed = _FEEDS[self.kind](dict(inputs), values, self.pad_id)
        returned = self.student(feed, training=False)
        if self.outputs == LOGITS:
            named = as_outputs(returned, whose="student")
        elif isinstance(returned, Mapping):
            # The softmax of a head is left out, as where a student is trained.
            named = {n: to_logits(v) if is_logits(n) else v for n, v in returned.items()}
        else:
            named = {self.outputs[0]: returned}
        missing = [name for name in self.outputs if name not in named]
        if missing:
            raise UserError(
                f"the student returns {', '.join(map(str, named))} and not {missing[0]}: return a "
                f"dict with {', '.join(self.outputs)}."
            )
        return {name: tf.cast(named[name], tf.float32) for name in self.outputs}


def _masked(
    inputs: dict[str, tf.Tensor], values: list[tf.Tensor], pad_id: int
) -> dict[str, tf.Tensor]:
    return {"input_ids": values[0], "attention_mask": tf.cast(values[0] != pad_id, tf.int32)}


_FEEDS = {
    "dict": lambda inputs, values, pad_id: inputs,
    "list": lambda inputs, values, pad_id: values,
    "tensor": lambda inputs, values, pad_id: values[0],
    "masked": _masked,
}


class Reference:
    """The student as a function from arrays by name to outputs, traced once for all sizes."""

    def __init__(self, signature: ModelSignature) -> None:
        self._traced = tf.function(
            signature.serve, input_signature=[signature.specs()], autograph=False
        ).get_concrete_function()

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each output by name."""
        traced = self._traced.structured_outputs
        return {name: tuple(tensor.shape) for name, tensor in traced.items()}

    def __call__(self, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the outputs by name, `[batch, ...]`."""
        try:
            tensors = {name: tf.convert_to_tensor(array) for name, array in feed.items()}
            return {name: output.numpy() for name, output in self._traced(**tensors).items()}
        except tf.errors.InvalidArgumentError as error:
            reason = error.message.splitlines()[0][:200]
            raise UserError(
                f"the student does not run on the inputs to check on ({reason}): give inputs as "
                "it was trained on."
            ) from error


def signature_of(
    student: Any,
    example: Any = None,
    text_input: bool = False,
    outputs: tuple[str, ...] = LOGITS,
) -> ModelSignature:
    """Return how to call a student.

    A functional or sequential model says so itself.

    Args:
        student: A Keras 3 model, or one of Hugging Face's.
        example: An array of inputs, a list or a dict of them, by which a subclassed model is
            judged.
        text_input: Whether a subclassed model without an example takes ids alone.
        outputs: The names of the outputs to export.

    Raises:
        UserError: Not a Keras 3 model, or its inputs are unknown or nested.
    """
    if hasattr(student, "save_pretrained") and flavour(student) == "tf_keras":
        return ModelSignature(student, {"input_ids": ((None, None), "int32")}, "masked", outputs)
    if not isinstance(student, keras.Model):
        raise UserError(
            "export takes a Keras 3 model, or one of Hugging Face's, and got "
            f"{type(student).__module__}.{type(student).__name__}: give the student itself."
        )
    if getattr(student, "inputs", None):
        inputs, kind = inputs_of_model(student)
        return ModelSignature(student, inputs, kind, outputs)
    if example is None and text_input:
        return ModelSignature(student, {"input_ids": ((None, None), "int32")}, "tensor", outputs)
    if example is None:
        raise UserError(
            f"the inputs of {student.name!r} are unknown, as it was not built from keras.Input: "
            "give `check` an array of inputs, a list or a dict of them."
        )
    inputs, kind = inputs_of_example(example)
    return ModelSignature(student, inputs, kind, outputs)


def reads_pairs(student: Any) -> bool:
    """Return whether a student's inputs are ids and segments, as of pairs of texts."""
    names = {getattr(tensor, "name", "") for tensor in getattr(student, "inputs", None) or ()}
    return names == {IDS, SEGMENTS}
