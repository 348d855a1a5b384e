"""Several text classifiers, each with its own tokenizer, as one: `"hf:A + keras:B"`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import tensorflow as tf

from ..errors import UserError
from ..models.text_model import TextModel, are_names
from ..text import TextEncoder
from .ensemble import Ensemble


class JointEncoder:
    """The ids of several tokenizers in one row: how many each has, then all of them."""

    def __init__(self, encoders: Sequence):
        self.encoders = list(encoders)
        self.max_length = sum(each.max_length for each in self.encoders)
        self.vocab_size = max(each.vocab_size for each in self.encoders)

    def encode_many(self, texts: list[str]) -> list[list[int]]:
        """A row for each text; `split` takes it apart."""
        every = [each.encode_many(texts) for each in self.encoders]
        return [
            [*map(len, rows), *(piece for row in rows for piece in row)]
            for rows in zip(*every, strict=True)
        ]

    def encode(self, text: str) -> list[int]:
        """The row of one text."""
        return self.encode_many([text])[0]

    @property
    def tokenizer(self) -> JointEncoder:
        """Itself, for its `to_str`."""
        return self

    def to_str(self) -> str:
        """All tokenizers, for a fingerprint."""
        return "\n".join(each.tokenizer.to_str() for each in self.encoders)


def split(rows: tf.Tensor, count: int) -> list[tf.Tensor]:
    """The ids of each of `count` tokenizers `[batch, length]`, padded with 0, from rows of all.

    >>> [
    ...     each.numpy().tolist()
    ...     for each in split(tf.constant([[2, 1, 5, 6, 7], [1, 1, 8, 9, 0]]), 2)
    ... ]
    [[[5, 6], [8, 0]], [[7], [9]]]
    """
    lengths = rows[:, :count]
    starts = count + tf.cumsum(lengths, axis=1, exclusive=True)
    found = []
    for number in range(count):
        length = lengths[:, number, None]
        places = tf.range(tf.maximum(tf.reduce_max(length), 1))[None]
        inside = tf.minimum(starts[:, number, None] + places, tf.shape(rows)[1] - 1)
        found.append(tf.where(places < length, tf.gather(rows, inside, batch_dims=1), 0))
    return found


def joined(models: Sequence[TextModel], **options) -> TextModel:
    """One text classifier of several: the mean of their probabilities; `options` of `Ensemble`.

    Raises:
        UserError: other classes in one of them.
    """
    first, *others = models
    others = [_like(first, each) for each in others]
    every = [first, *others]
    ensemble = Ensemble({str(i): each for i, each in enumerate(every)}, **options)
    model = _Joint(ensemble, len(every))
    origin = " + ".join(each.origin for each in every)
    encoder = JointEncoder([each.encoder for each in every])
    return TextModel(model, cast("TextEncoder", encoder), first.labels, origin)


class _Joint:
    """An ensemble as a function of joint rows."""

    def __init__(self, ensemble: Ensemble, count: int):
        self._ensemble, self._count, self.jit = ensemble, count, ensemble.jit

    def __call__(self, rows):
        rows = tf.convert_to_tensor(rows)
        ids = split(_whole(rows, self._count), self._count)
        return self._ensemble({str(i): each for i, each in enumerate(ids)})

    @property
    def fingerprint(self) -> str:
        return self._ensemble.fingerprint


def _whole(rows: tf.Tensor, count: int) -> tf.Tensor:
    """Rows with room for their head, however short what a model is tried on."""
    return tf.pad(rows, [[0, 0], [0, tf.maximum(count + 1 - tf.shape(rows)[1], 0)]])


def _like(first: TextModel, other: TextModel) -> TextModel:
    """The same classifier with its classes in the order of the first one's."""
    if first.classes != other.classes:
        raise UserError(
            f"{first.origin} has {first.classes} classes and {other.origin} {other.classes}: give "
            "teachers of the same classes."
        )
    named = first.labels and other.labels and are_names((*first.labels, *other.labels))
    if not named or first.labels == other.labels:
        return other
    if set(first.labels) != set(other.labels):
        raise UserError(
            f"{first.origin} has the classes {', '.join(first.labels[:4])} and {other.origin} "
            f"{', '.join(other.labels[:4])}: give teachers of the same classes."
        )
    return other.reordered([other.labels.index(name) for name in first.labels])
