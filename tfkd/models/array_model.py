"""A model of images, sounds or other arrays, with the names of its classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UserError, first_line
from ..text import reads_texts
from ..text.batching import pad_rows, take_row
from .input_names import takes_dict
from .text_model import CLASSIFIER, FIRST, TextModel
from .trial import Shapes, match_shapes

_BATCH = 64
"""Rows that a model reads at once."""
_ANY = 16
"""A size that is tried where a model takes any."""
Arrays = dict[str, Any]


@dataclass
class ArrayModel(TextModel):
    """A model of one array a row, such as an image: rows in, outputs by name, as NumPy arrays.

    Where the model wants the same numbers in another shape, such as all pixels of an image in one
    row, it gets them so.

    Raises:
        UserError: `model` is neither a model nor a function, or one of several inputs.
    """

    def __post_init__(self) -> None:
        from .callables import as_teacher

        self._names = self.encoder.inputs  # type: ignore[attr-defined]  # of NoTexts
        self._teacher = as_teacher(self.model)
        self._graphs: dict[tuple, Any] = {}
        declared = _declared_inputs(self.model)
        if len(declared) > 1 or len(self._names) > 1:
            raise UserError(
                f"{self.origin} has {max(len(declared), len(self._names))} inputs: give a model of "
                f"{self._names[0]} alone."
            )
        self._declared = declared[0] if declared else None

    def check(
        self, shapes: Shapes = CLASSIFIER, *, two_of_one: bool = False, pieces: str = FIRST
    ) -> TextModel:
        """Run the model on zeros to learn its output shapes.

        Args:
            shapes: The expected shape of each output for one row; 0 is any number.
            two_of_one: Whether a single logit is that of the second of two classes.
            pieces: Of no meaning, as there are no words.

        Returns:
            The model itself, which knows its shapes now.

        Raises:
            UserError: The model reads something else, returns outputs of other names or ranks, or
                has another number of classes than of names for them.
        """
        if self._declared is None:
            raise UserError(
                f"{self.origin} does not say what it reads: give a Keras model with an Input."
            )
        shape = tuple(_ANY if size is None else int(size) for size in self._declared.shape[1:])
        try:
            found = self.outputs(np.zeros((1, *shape), "float32"), tuple(shapes))
        except UserError:
            raise
        # In the model's own words.
        except Exception as error:
            raise UserError(
                f"{self.origin} does not run on {self._names[0]} of shape {list(shape)} "
                f"({first_line(error)}): give a model of one such array."
            ) from error
        missing = [name for name in shapes if name not in found]
        if missing:
            raise UserError(
                f"{self.origin} returns {', '.join(map(repr, found))} and no {missing[0]!r}: give "
                "a model that was trained for this task."
            )
        actual = {name: tuple(found[name].shape[1:]) for name in shapes}
        self.shapes = match_shapes(actual, shapes, self.origin)
        if two_of_one and self.shapes.get("logits") == (1,):
            self.two_of_one, self.shapes, self._graphs = True, {**self.shapes, "logits": (2,)}, {}
        if self.labels and "logits" in self.shapes and len(self.labels) != self.classes:
            raise UserError(
                f"{self.origin} has {self.classes} classes and {len(self.labels)} names for them "
                f"({', '.join(self.labels[:4])}): give one name a class, in the order of their ids."
            )
        return self

    def run(
        self, rows: Sequence[Arrays], *, advance: Callable[[int], None] = lambda done: None
    ) -> list[Arrays]:
        """Return the outputs of each row by name.

        Args:
            rows: Arrays by name; others than that which the model reads are passed over.
            advance: Is called with the number of rows done, after each batch.
        """
        (name,) = self._names
        outputs: list[Arrays] = [{}] * len(rows)
        order = np.argsort([len(row[name]) for row in rows], kind="stable")
        for start in range(0, len(rows), _BATCH):
            places = order[start : start + _BATCH]
            batch = pad_rows([rows[place] for place in places], [name])[name]
            tensors = self.outputs(batch, tuple(self.shapes))
            arrays = {key: tensors[key].numpy() for key in self.shapes}
            for i, place in enumerate(places):
                outputs[place] = take_row(arrays, i, self.shapes, 1)
            advance(len(places))
        return outputs

    def outputs(self, inputs: Any, reads: tuple[str, ...]) -> dict[str, tf.Tensor]:
        """Return the outputs by name, as tensors.

        Args:
            inputs: A batch of arrays, or a dict of it.
            reads: The names of the outputs.
        """
        array = np.asarray(self._one(inputs)).astype("float32", copy=False)
        # Of rows of numbers each may be of another length; images are of one size.
        rest = (None,) if array.ndim == 2 else array.shape[1:]
        key = (reads, rest)
        if key not in self._graphs:
            self._graphs[key] = tf.function(
                lambda each: self.in_graph(each, reads),
                input_signature=[tf.TensorSpec((None, *rest), "float32")],
                autograph=False,
            )
        return self._graphs[key](array)

    def _one(self, inputs: Any) -> Any:
        return next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs

    def _feed(self, inputs: Any) -> Any:
        """Return what the model reads: the array in the model's own shape, under its own name."""
        tensor = tf.convert_to_tensor(self._one(inputs))
        if self._declared is None:
            return tensor
        tensor = tf.cast(tensor, self._declared.dtype)
        tensor = _reshaped(tensor, tuple(self._declared.shape[1:]), self.origin)
        name = str(self._declared.name).partition(":")[0]
        return {name: tensor} if takes_dict(self.model) else tensor

    def _run_at_length(self, inputs: Any, reads: tuple[str, ...]) -> Arrays:
        return self._teacher(inputs, reads)


def _declared_inputs(model: Any) -> list[Any]:
    """Return the symbolic inputs of a Keras model; none of a function."""
    inner = getattr(model, "model", model)
    return list(getattr(inner, "inputs", None) or [])


def _reshaped(tensor: tf.Tensor, wanted: tuple[int | None, ...], origin: str) -> tf.Tensor:
    """Return a batch in the shape that a model wants, where that holds the same numbers.

    Raises:
        UserError: It does not.
    """
    came = tuple(tensor.shape[1:])
    fits = len(came) == len(wanted) and all(
        None in pair or pair[0] == pair[1] for pair in zip(came, wanted, strict=True)
    )
    if fits:
        return tensor
    count, other = (math.prod(size or 0 for size in shape) for shape in (came, wanted))
    if not count or count != other:
        raise UserError(
            f"{origin} reads arrays of shape {list(wanted)}, and the data have {list(came)}: give "
            "data of that shape, or another model."
        )
    return tf.reshape(tensor, (-1, *wanted))


def model_of(encoder: Any) -> type[TextModel]:
    """Return the class of models with this encoder: of texts, or of arrays where there are none."""
    return TextModel if reads_texts(encoder) else ArrayModel
