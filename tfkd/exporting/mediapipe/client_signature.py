"""A student as MediaPipe calls it: ids, mask and segments in, probabilities or vectors out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import tensorflow as tf

from ...errors import UserError
from ..calling import Inputs, ModelSignature
from .client_output import ClientOutput
from .metadata import INPUTS


@dataclass(frozen=True)
class ClientSignature(ModelSignature):
    """A student, called through `inner`, with the three inputs that MediaPipe feeds.

    Attributes:
        inner: How the student is called.
        most: The ids that are read, of a longer text the first and the last ones, as in training:
            MediaPipe itself cuts nothing.
        output: What the client gets of the student.
    """

    inner: ModelSignature = field(kw_only=True)
    most: int = field(kw_only=True)
    output: ClientOutput = field(kw_only=True)

    def fixed(self, batch: int | None, length: int | None) -> ClientSignature:
        """Return the same with the sizes of batch and length fixed."""
        return replace(self, inputs=super().fixed(batch, length).inputs)

    def serve(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return what the client gets, by name: `[batch, classes]` or `[batch, dimensions]`."""
        ids, mask, segments = (inputs[name] for name in INPUTS)
        # All three are read: an input that nothing reads would be left out of the file.
        ids = head_and_tail(tf.where((mask > 0) & (segments >= 0), ids, 0), self.most)
        ((name, (_, dtype)),) = self.inner.inputs.items()
        outputs = self.inner.serve({name: tf.cast(ids, dtype)})
        return {self.output.name: self.output.read(outputs[self.output.source])}


def client_signature(inner: ModelSignature, most: int, output: ClientOutput) -> ClientSignature:
    """Return how MediaPipe calls a student that takes one array of ids.

    Args:
        inner: How the student is called.
        most: The ids that are read of a text.
        output: What the client gets of the student.

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
        outputs=(output.name,),
        inner=inner,
        most=most,
        output=output,
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
