"""What a loss reads: the outputs of a model by name, and the rest of the batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

Outputs = dict[str, Any]


IGNORE = -100


class Batch(NamedTuple):
    """What a loss knows of a batch besides the two models' outputs."""

    inputs: Any = None
    labels: tf.Tensor | None = None  # logits without the last axis; None on unlabelled texts
    mask: tf.Tensor | None = None  # same shape; 0 where a position does not count
    token_mask: tf.Tensor | None = None  # a hidden state without its last axis
    teacher_token_mask: tf.Tensor | None = (
        None  # the same of the teacher's, whose tokens may differ
    )
