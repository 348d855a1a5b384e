"""What MediaPipe's clients read of a student: the probability of each class, or a vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from ...tasks import EMBEDDING
from ..calling import LOGITS
from .metadata import LABELS, OUTPUT

LEAST = 1e-7
"Smaller probabilities are this one: float32 tells 1 - p from 1 no further."


@dataclass(frozen=True)
class ClientOutput:
    """What a client gets of a student.

    Attributes:
        source: The student's output.
        name: The file's output.
        read: The file's output of the student's, tensors.
        compared: What of the file's output is compared with the student's, arrays.
        activation: What the file's output has, that its task undoes.
        form: What the task takes it for; empty leaves that as it is.
        labels: The file with the names of its numbers; empty where they have none.
    """

    source: str
    name: str
    read: Callable[[tf.Tensor], tf.Tensor]
    compared: Callable[[np.ndarray], np.ndarray]
    activation: str | None = None
    form: str = ""
    labels: str = ""


def scores_output(form: str, squashed: bool) -> ClientOutput:
    """Return the probabilities of classes.

    Args:
        form: "multiclass" or "binary".
        squashed: Whether the student returns probabilities.
    """
    (source,) = LOGITS
    return ClientOutput(
        source,
        OUTPUT,
        read=lambda logits: class_probabilities(logits, form, squashed),
        # Logarithms of probabilities are logits too.
        compared=lambda array: np.log(np.maximum(array, LEAST)),
        activation="softmax",
        form="multiclass",
        labels=LABELS,
    )


def vector_output() -> ClientOutput:
    """Return the vector of a text, as it is."""
    return ClientOutput(EMBEDDING, EMBEDDING, read=tf.identity, compared=np.asarray)


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
