"""A text classifier: a model with the tokenizer it reads and the names of its classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UserError
from ..text import TextEncoder
from ..text.batching import by_length, padded
from .input_names import IDS, MASKS, SEGMENTS


@dataclass
class TextModel:
    """A model with its tokenizer: padded ids in, logits `[batch, classes]` out, by NumPy arrays.

    `model` is a callable of ids, or a Keras model of ids or of a dict with the names that Hugging
    Face, KerasHub or TF Hub use. `labels` are the class names, empty where the model names none;
    `order` are the model's own class ids in the order of `labels`, where that is another.

    Raises:
        UserError: other inputs, logits that are not `[batch, classes]`, another number of labels.
    """

    model: Any
    encoder: TextEncoder
    labels: tuple[str, ...] = ()
    origin: str = "given"
    order: list[int] | None = None
    classes: int = field(init=False)

    def __post_init__(self):
        from .callables import as_teacher

        self._names = input_names(self.model)
        self._teacher = as_teacher(self.model)
        self._graphs: dict[tuple[str, ...], Any] = {}
        shape = self._first().shape
        if len(shape) != 2:
            raise UserError(
                f"{self.origin} returns logits of shape {shape} for one text: a text classifier "
                "returns [batch, classes]."
            )
        self.classes = shape[1]
        if self.labels and len(self.labels) != self.classes:
            raise UserError(
                f"{self.origin} has {self.classes} classes and {len(self.labels)} names for them "
                f"({', '.join(self.labels[:4])}): give one name a class, in the order of their ids."
            )

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """Logits of padded ids, in inference mode."""
        return self.outputs(ids, ("logits",))["logits"].numpy()

    def _first(self) -> np.ndarray:
        """The logits of two ids; what Keras says of a model that reads something else is long."""
        try:
            return self(np.array([[2, 3]], "int32"))
        except UserError:
            raise
        except Exception as error:
            raise UserError(
                f"{self.origin} does not read ids [batch, length] ({type(error).__name__}): give "
                "a text classifier, with the tokenizer that it was trained with."
            ) from error

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Logits `[texts, classes]` in the order given; texts of similar length run together."""
        encoded = self.encoder.encode_many(list(texts))
        out = np.zeros((len(encoded), self.classes), "float32")
        for rows in by_length(np.array([len(ids) for ids in encoded], "int64")):
            out[rows] = self(padded([encoded[row] for row in rows]))
        return out

    def reordered(self, order: list[int]) -> TextModel:
        """The same model with its classes in another order."""
        labels = tuple(self.labels[i] for i in order) if self.labels else ()
        order = order if self.order is None else [self.order[i] for i in order]
        return TextModel(self.model, self.encoder, labels, self.origin, order)

    @property
    def parameters(self) -> int | None:
        """How many weights the model has, where it can tell."""
        count = getattr(self.model, "count_params", None)
        return int(count()) if count else None

    def outputs(self, ids: np.ndarray, reads: tuple[str, ...]):
        """The outputs of padded ids by name, as tensors."""
        import tensorflow as tf

        if reads not in self._graphs:
            signature = [tf.TensorSpec((None, None), tf.int32)]
            self._graphs[reads] = tf.function(
                lambda ids: self.in_graph(ids, reads), input_signature=signature, autograph=False
            )
        return self._graphs[reads](np.asarray(ids, "int32"))

    def in_graph(self, inputs, reads=("logits",)):
        """The outputs by name, of padded ids or of the inputs that the model has; for a teacher."""
        import tensorflow as tf

        if not isinstance(inputs, Mapping):
            only = self._names[0] if _one_by_name(self.model, self._names) else None
            inputs = {only: inputs} if only else feed(self._names, inputs)
        found = self._teacher(inputs, reads)
        logits = tf.cast(found["logits"], tf.float32)
        logits = logits if self.order is None else tf.gather(logits, self.order, axis=-1)
        return {**{name: found[name] for name in reads if name in found}, "logits": logits}


def are_names(labels: Sequence[str]) -> bool:
    """No numbers, nor the `LABEL_0` that Hugging Face writes where nobody named a class.

    >>> are_names(("bad", "good")), are_names(("LABEL_0", "LABEL_1"))
    (True, False)
    """
    return not any(each.casefold().removeprefix("label_").isdecimal() for each in labels)


def input_names(model) -> tuple[str, ...]:
    """The names of a functional model's inputs; of other models, Hugging Face's two."""
    from .outputs import input_names as declared

    names = declared(model)
    if not names and not hasattr(model, "count_params"):
        return ()
    return names or ("input_ids", "attention_mask")


def _one_by_name(model, names: tuple[str, ...]) -> bool:
    """Whether the model takes a dict of a single input, and warns of anything else."""
    return len(names) == 1 and isinstance(model.input, Mapping)


def feed(names: tuple[str, ...], ids):
    """The inputs called `names`, from ids padded with 0; a model of one input takes the ids."""
    import tensorflow as tf

    if len(names) <= 1:
        return ids
    unknown = [name for name in names if name not in (*IDS, *MASKS, *SEGMENTS)]
    if unknown:
        raise UserError(
            f"the model has an input {unknown[0]!r}: expected ids ({', '.join(IDS[:2])}), a mask "
            f"({', '.join(MASKS[:2])}) or segments ({', '.join(SEGMENTS[:2])})."
        )
    mask = tf.cast(tf.not_equal(ids, 0), tf.int32)
    made = {**dict.fromkeys(IDS, ids), **dict.fromkeys(MASKS, mask)}
    made |= dict.fromkeys(SEGMENTS, tf.zeros_like(ids))
    return {name: made[name] for name in names}
