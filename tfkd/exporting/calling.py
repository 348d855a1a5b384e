"""How a student is called: its inputs by name, and one serving function over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..models.outputs import as_outputs, flavour

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Calling:
    """A student and its inputs: `inputs` maps a name to `(shape, dtype)`, `None` for a free size.

    `kind` is what the student takes: `"dict"`, `"list"`, the one tensor alone (`"tensor"`), or as
    Hugging Face's models ids and the mask that is made of them (`"masked"`).
    """

    student: Any
    inputs: dict[str, tuple[Shape, str]]
    kind: str

    def fixed(self, batch: int | None, length: int | None) -> Calling:
        """The same with the free sizes of the batch and of all other axes fixed."""
        inputs = {
            name: ((batch, *(length if size is None else size for size in shape[1:])), dtype)
            for name, (shape, dtype) in self.inputs.items()
        }
        return replace(self, inputs=inputs)

    @property
    def free_length(self) -> bool:
        """Whether an axis beside the batch has no fixed size."""
        return any(None in shape[1:] for shape, _ in self.inputs.values())

    def specs(self) -> dict[str, tf.TensorSpec]:
        """The signature, by name."""
        return {n: tf.TensorSpec(s, dtype, name=n) for n, (s, dtype) in self.inputs.items()}

    def serve(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """`{"logits": [batch, ..., classes]}`, float32, without dropout."""
        values = [inputs[name] for name in self.inputs]
        feed = _FEEDS[self.kind](dict(inputs), values)
        outputs = as_outputs(self.student(feed, training=False), whose="student")
        return {"logits": tf.cast(outputs["logits"], tf.float32)}


def _masked(inputs: dict, values: list) -> dict:
    return {"input_ids": values[0], "attention_mask": tf.cast(values[0] != 0, tf.int32)}


_FEEDS = {
    "dict": lambda inputs, values: inputs,
    "list": lambda inputs, values: values,
    "tensor": lambda inputs, values: values[0],
    "masked": _masked,
}


class Reference:
    """The student as a function from arrays by name to logits, traced once for all sizes."""

    def __init__(self, calling: Calling):
        self._traced = tf.function(
            calling.serve, input_signature=[calling.specs()], autograph=False
        ).get_concrete_function()

    @property
    def classes(self) -> int | None:
        """The size of the logits' last axis."""
        return self._traced.structured_outputs["logits"].shape[-1]

    def __call__(self, feed: Mapping[str, np.ndarray]) -> np.ndarray:
        """`[batch, ..., classes]`."""
        try:
            tensors = {name: tf.convert_to_tensor(each) for name, each in feed.items()}
            return self._traced(**tensors)["logits"].numpy()
        except tf.errors.InvalidArgumentError as error:
            reason = error.message.splitlines()[0][:200]
            raise UserError(
                f"the student does not run on the inputs to check on ({reason}): give inputs as "
                "it was trained on."
            ) from error


def calling(student, example=None, text_input: bool = False) -> Calling:
    """How to call `student`.

    A functional or sequential model says so itself. A subclassed one is judged by `example`, a
    dict or array of inputs, or where it reads text (`text_input`) takes ids alone.

    Raises:
        UserError: not a Keras 3 model, or its inputs are unknown or nested.
    """
    if hasattr(student, "save_pretrained") and flavour(student) == "tf_keras":
        return Calling(student, {"input_ids": ((None, None), "int32")}, "masked")
    if not isinstance(student, keras.Model):
        raise UserError(
            "export takes a Keras 3 model, or one of Hugging Face's, and got "
            f"{type(student).__module__}.{type(student).__name__}: give the student itself."
        )
    if getattr(student, "inputs", None):
        return _of_structure(student)
    if example is None and text_input:
        return Calling(student, {"input_ids": ((None, None), "int32")}, "tensor")
    if example is None:
        raise UserError(
            f"the inputs of {student.name!r} are unknown, as it is a subclass of keras.Model: "
            "give `check` a dict or an array of inputs."
        )
    arrays = example if isinstance(example, Mapping) else {"inputs": example}
    inputs = {n: (_free(np.shape(a)), str(np.asarray(a).dtype)) for n, a in arrays.items()}
    return Calling(student, inputs, "dict" if isinstance(example, Mapping) else "tensor")


def _free(shape: tuple[int, ...]) -> Shape:
    return (None, *shape[1:])


def _of_structure(student) -> Calling:
    structure = getattr(student, "_inputs_struct", None)  # before Keras flattens it
    structure = student.inputs if structure is None else structure
    if isinstance(structure, Mapping):
        kind, named = "dict", dict(structure)
    elif isinstance(structure, (list, tuple)) and len(structure) > 1:
        kind, named = "list", {each.name: each for each in structure}
    else:
        one = structure[0] if isinstance(structure, (list, tuple)) else structure
        kind, named = "tensor", {one.name: one}
    if not all(hasattr(each, "shape") for each in named.values()):
        raise UserError(f"the inputs of {student.name!r} are nested: give it a flat dict of them.")
    inputs = {n: (tuple(each.shape), str(each.dtype)) for n, each in named.items()}
    return Calling(student, inputs, kind)
