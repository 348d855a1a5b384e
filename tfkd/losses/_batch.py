"""What a loss reads: the outputs of a model by name, and the rest of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

Outputs = dict[str, Any]
# What the states of each output stand for, in their order: "source" or "target".
Families = Mapping[str, tuple[str, ...]]


IGNORE = -100


class StateMasks(NamedTuple):
    """The masks of a model with a decoder, and which of them its states have.

    `student` and `teacher` are empty until a first batch was looked at. `teacher_masks` are those
    of its own inputs, None where both models read the same.
    """

    student: Families
    teacher: Families
    masks: Mapping[str, Any]
    teacher_masks: Mapping[str, Any] | None = None


class Batch(NamedTuple):
    """What a loss knows of a batch besides the two models' outputs."""

    inputs: Any = None
    labels: tf.Tensor | None = None  # logits without the last axis; None on unlabelled texts
    mask: tf.Tensor | None = None  # same shape; 0 where a position does not count
    token_mask: tf.Tensor | None = None  # a hidden state without its last axis
    teacher_token_mask: tf.Tensor | None = (
        None  # the same of the teacher's, whose tokens may differ
    )
    states: StateMasks | None = None  # of models with a decoder: whose tokens are in a state
