"""A student as MediaPipe calls it: ids, mask and segments in, probabilities out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import tensorflow as tf

from ...errors import UserError
from ..calling import Calling, Shape
from .metadata import INPUTS, OUTPUT


@dataclass(frozen=True)
class Client(Calling):
    """A student, called through `inner`, behind the three inputs that MediaPipe feeds.

    `most` ids are read, of a longer text the first and the last ones, as in training: MediaPipe
    itself cuts nothing. `form` and `squashed` say what the student returns.
    """

    inner: Calling
    most: int
    form: str
    squashed: bool

    def fixed(self, batch: int | None, length: int | None) -> Client:
        """The same with the sizes of batch and length fixed."""
        return replace(self, inputs=super().fixed(batch, length).inputs)

    def serve(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """`{"scores": [batch, classes]}`, probabilities."""
        ids, mask, segments = (inputs[name] for name in INPUTS)
        # All three are read: an input that nothing reads would be left out of the file.
        ids = ends(tf.where((mask > 0) & (segments >= 0), ids, 0), self.most)
        ((name, (_, dtype)),) = self.inner.inputs.items()
        logits = self.inner.serve({name: tf.cast(ids, dtype)})["logits"]
        return {OUTPUT: scores(logits, self.form, self.squashed)}


def client(inner: Calling, most: int, form: str, squashed: bool) -> Client:
    """A student that takes one array of ids, for MediaPipe.

    Raises:
        UserError: it reads texts of one length only.
    """
    if inner.inputs and not inner.free_length:
        raise UserError(
            f"{inner.student.name!r} reads texts of one length only, and MediaPipe would keep the "
            "head of a longer one: build it with a free length, or leave `client` out."
        )
    inputs: dict[str, tuple[Shape, str]] = dict.fromkeys(INPUTS, ((None, None), "int32"))
    return Client(inner.student, inputs, inner.kind, inner, most, form, squashed)


def ends(ids: tf.Tensor, most: int) -> tf.Tensor:
    """Of one row of more than `most` ids the first and the last, as `tfkd.text.head_and_tail`.

    >>> ends(tf.constant([[2, 11, 12, 13, 14, 15, 3]]), 5).numpy().tolist()
    [[2, 11, 12, 15, 3]]
    """
    tail = (most - 2) // 2 + 1  # [SEP] too
    head = most - tail
    return tf.concat([ids[:, :head], ids[:, tf.maximum(head, tf.shape(ids)[1] - tail) :]], 1)


def scores(outputs: tf.Tensor, form: str, squashed: bool) -> tf.Tensor:
    """The probability of each class from what a student returns; `squashed` are some already."""
    if form == "binary" and squashed:
        return tf.concat([1.0 - outputs, outputs], -1)
    if form == "binary":  # sigmoid is a softmax beside a logit of zero
        outputs = tf.concat([tf.zeros_like(outputs), outputs], -1)
    return outputs if squashed else tf.nn.softmax(outputs)
