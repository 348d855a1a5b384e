"""A teacher that tells more classes apart than the data: each of ours is several of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import tensorflow as tf

from ..losses._batch import Outputs
from ..models.callables import as_teacher
from ..models.input_names import text_input_names
from ..models.lengths import declared_length
from ..models.text_model import TextModel
from ..store.fingerprint import digest_of, fingerprint

Groups = Sequence[Sequence[int]]
"""The teacher's class ids of each class, none of them twice."""


def merge_classes(teacher: TextModel, groups: Groups, labels: Sequence[str]) -> TextModel:
    """Return a teacher with fewer classes, whose probabilities are the sums of its own.

    Args:
        teacher: Its classes in its own order.
        groups: Which of them each new class consists of.
        labels: The names of the new classes.
    """
    shapes = dict(teacher.shapes)
    shapes["logits"] = (*shapes["logits"][:-1], len(groups))
    model = MergedClasses(teacher.model, groups)
    return replace(teacher, model=model, labels=tuple(labels), shapes=shapes)


class MergedClasses:
    """A model as a function of the same inputs with the logits of sums of its classes.

    Args:
        model: A Keras model or a callable.
        groups: Which of its classes each new one consists of.
    """

    def __init__(self, model: Any, groups: Groups) -> None:
        self.model, self._groups = model, [list(group) for group in groups]
        self._held = as_teacher(model)
        self.text_inputs = text_input_names(model)
        self.length = declared_length(model)
        self.jit = getattr(self._held, "jit", True)

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Outputs:
        """Return the model's outputs by name, with the logits of the new classes."""
        outputs = dict(self._held(inputs, reads))
        logits = tf.cast(outputs["logits"], tf.float32)
        sums = [
            tf.reduce_logsumexp(tf.gather(logits, group, axis=-1), -1) for group in self._groups
        ]
        return {**outputs, "logits": tf.stack(sums, axis=-1)}

    @property
    def fingerprint(self) -> str:
        """That of the model and of the groups, for a store."""
        return digest_of([fingerprint(self.model)["teacher"], self._groups])
