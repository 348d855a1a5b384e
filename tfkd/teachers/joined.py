"""Several text classifiers, each with its own tokenizer, as one: `"hf:A + keras:B"`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain
from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..models.class_names import are_names
from ..models.input_names import IDS, SEGMENTS, feed
from ..models.text_model import Shapes, TextModel
from ..text import Encoder
from ..text.pair_encoding import Pair, PairIds
from .ensemble import Ensemble
from .single_texts import SingleTexts


class JointEncoder(SingleTexts):
    """The ids of several tokenizers in one row: how many each has, then all of them."""

    whose = "several teachers"

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self.encoders = list(encoders)
        self.pad_id = 0
        self.max_length = sum(encoder.max_length for encoder in self.encoders)
        self.vocab_size = max(encoder.vocab_size for encoder in self.encoders)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return a row for each text; `split_rows` takes it apart."""
        ids_by_encoder = [encoder.encode_many(texts) for encoder in self.encoders]
        return [
            [*map(len, parts), *(token for part in parts for token in part)]
            for parts in zip(*ids_by_encoder, strict=True)
        ]

    def encode_pairs(self, pairs: Sequence[Pair]) -> list[PairIds]:
        """Return a row for each pair, and its segments in the same places."""
        encoded = [encoder.encode_pairs(pairs) for encoder in self.encoders]
        rows = []
        for parts in zip(*encoded, strict=True):
            ids, segments = zip(*parts, strict=True)
            lengths = list(map(len, ids))
            rows.append(([*lengths, *chain(*ids)], [*[0] * len(lengths), *chain(*segments)]))
        return rows

    def fingerprint(self) -> str:
        """Return a digest of all tokenizers in their order."""
        parts = "\n".join(encoder.fingerprint() for encoder in self.encoders)
        return hashlib.sha256(parts.encode()).hexdigest()[:16]


def split_rows(rows: tf.Tensor, pads: Sequence[int]) -> list[tf.Tensor]:
    """Return the ids of each tokenizer, `[batch, length]`, from rows of all.

    Args:
        rows: What `JointEncoder` makes, padded.
        pads: What each tokenizer pads with.

    >>> [
    ...     ids.numpy().tolist()
    ...     for ids in split_rows(tf.constant([[2, 1, 5, 6, 7], [1, 1, 8, 9, 0]]), [0, 1])
    ... ]
    [[[5, 6], [8, 0]], [[7], [9]]]
    """
    count = len(pads)
    lengths = rows[:, :count]
    starts = count + tf.cumsum(lengths, axis=1, exclusive=True)
    parts = []
    for number, fill in enumerate(pads):
        length = lengths[:, number, None]
        places = tf.range(tf.maximum(tf.reduce_max(length), 1))[None]
        inside = tf.minimum(starts[:, number, None] + places, tf.shape(rows)[1] - 1)
        ids = tf.gather(rows, inside, batch_dims=1)
        parts.append(tf.where(places < length, ids, tf.cast(fill, ids.dtype)))
    return parts


def join_teachers(models: Sequence[TextModel], **options: Any) -> TextModel:
    """Return several text classifiers as one: the mean of their probabilities.

    Args:
        models: Two or more, of the same classes.
        **options: Those of `Ensemble`.

    Raises:
        UserError: Other classes in one of them.
    """
    first, *others = models
    aligned = [first, *(_align(first, other) for other in others)]
    ensemble = Ensemble({str(i): model for i, model in enumerate(aligned)}, **options)
    origin = " + ".join(model.origin for model in aligned)
    encoder = JointEncoder([model.encoder for model in aligned])
    pads = [model.pad_id for model in aligned]
    return TextModel(_Joint(ensemble, first.shapes, pads), encoder, first.labels, origin).check()


class _Joint:
    """An ensemble as a function of joint rows, which know their lengths."""

    text_inputs = (IDS[0], SEGMENTS[0])

    def __init__(self, ensemble: Ensemble, output_shapes: Shapes, pads: Sequence[int]) -> None:
        self._pads = pads
        self._ensemble, self.output_shapes, self.jit = ensemble, output_shapes, ensemble.jit

    def __call__(self, inputs: Any) -> dict[str, tf.Tensor]:
        rows, segments = map(tf.convert_to_tensor, feed(self.text_inputs, inputs).values())
        count = len(self._pads)
        # The lengths of all parts stand before them.
        segments = tf.concat([rows[:, :count], segments[:, count:]], axis=1)
        parts = zip(split_rows(rows, self._pads), split_rows(segments, [0] * count), strict=True)
        return self._ensemble(
            {str(i): dict(zip(self.text_inputs, part, strict=True)) for i, part in enumerate(parts)}
        )

    @property
    def fingerprint(self) -> str:
        return self._ensemble.fingerprint


def _align(first: TextModel, other: TextModel) -> TextModel:
    """Return a classifier with its classes in the order of the first one's."""
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
