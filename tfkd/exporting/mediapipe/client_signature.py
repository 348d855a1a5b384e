"""A student as MediaPipe calls it: ids, mask and segments in, probabilities out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import tensorflow as tf

from ...errors import UserError
from ..calling import Inputs, ModelSignature
from .metadata import INPUTS, OUTPUT


@dataclass(frozen=True)
class ClientSignature(ModelSignature):
    """A student, called through `inner`, with the three inputs that MediaPipe feeds.

    Attributes:
        inner: How the student is called.
        most: The ids that are read, of a longer text the first and the last ones, as in training:
            MediaPipe itself cuts nothing.
        form: "multiclass" or "binary".
        squashed: Whether the student returns probabilities.
    """

    inner: ModelSignature = field(kw_only=True)
    most: int = field(kw_only=True)
    form: str = field(kw_only=True)
    squashed: bool = field(kw_only=True)

    def fixed(self, batch: int | None, length: int | None) -> ClientSignature:
        """Return the same with the sizes of batch and length fixed."""
        return replace(self, inputs=super().fixed(batch, length).inputs)

    def serve(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return `{"scores": [batch, classes]}`, probabilities."""
        ids, mask, segments = (inputs[name] for name in INPUTS)
        # All three are read: an input that nothing reads would be left out of the file.
        ids = head_and_tail(tf.where((mask > 0) & (segments >= 0), ids, 0), self.most)
        ((name, (_, dtype)),) = self.inner.inputs.items()
        logits = self.inner.serve({name: tf.cast(ids, dtype)})["logits"]
        return {OUTPUT: class_probabilities(logits, self.form, self.squashed)}


def client_signature(
    inner: ModelSignature, most: int, form: str, squashed: bool
) -> ClientSignature:
    """Return how MediaPipe calls a student that takes one array of ids.

    Raises:
        UserError: It reads texts of one length only.
    """
    if inner.inputs and not inner.free_length:
        raise UserError(
            f"{inner.student.name!r} reads texts of one length only, and MediaPipe would keep the "
            "head of a longer one: build it with a free length, or leave `client` out."
        )
    inputs: Inputs = dict.fromkeys(INPUTS, ((None, None), "int32"))
    return ClientSignature(
        student=inner.student,
        inputs=inputs,
        kind=inner.kind,
        outputs=(OUTPUT,),
        inner=inner,
        most=most,
        form=form,
        squashed=squashed,
    )


def head_and_tail(ids: tf.Tensor, most: int) -> tf.Tensor:
    """Cut one row of more than `most` ids to its head and tail, as `tfkd.text.head_and_tail`.

    >>> head_and_tail(tf.constant([[2, 11, 12, 13, 14, 15, 3]]), 5).numpy().tolist()
    [[2, 11, 12, 15, 3]]
    """
    # [SEP] too.
    tail = (most - 2) // 2 + 1
    head = most - tail
    return tf.concat([ids[:, :head], ids[:, tf.maximum(head, tf.shape(ids)[1] - tail) :]], 1)


def class_probabilities(outputs: tf.Tensor, form: str, squashed: bool) -> tf.Tensor:
    """Return the probability of each class from what a student returns.

    Args:
        outputs: `[batch, classes]`, or `[batch, 1]` of the form "binary".
        form: "multiclass" or "binary".
        squashed: Whether `outputs` are probabilities already.
    """
    if form == "binary" and squashed:
        return tf.concat([1.0 - outputs, outputs], -1)
    if form == "binary":
        # A sigmoid is a softmax next to a logit of zero.
        outputs = tf.concat([tf.zeros_like(outputs), outputs], -1)
    return outputs if squashed else tf.nn.softmax(outputs)
