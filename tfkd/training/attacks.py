"""Changes of a student's embeddings that move its answers most: what they are, and how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ..losses._base import Objective
from ..models.layers import walk

SIZE = 1.0
"""Of a change, where nothing else is written."""
_PROBABILITIES = ("multiclass", "binary", "multilabel")


@dataclass(frozen=True)
class Attack:
    """A change of the embeddings of each text, in the direction that hurts most.

    Attributes:
        size: Its length for a whole text, in lengths of an average row of the student's table.
    """

    citation: ClassVar[str] = ""
    needs_probabilities: ClassVar[bool] = False
    size: float = SIZE


@dataclass(frozen=True)
class FastGradient(Attack):
    """Up the gradient of the training's own loss, by the teacher's answers and the labels.

    Source: Miyato, Dai, Goodfellow 2017, arXiv:1605.07725, equation 5. There the table is
    normalised, so that a model cannot escape by longer embeddings; here the change is measured by
    the table's rows instead, and the model stays as it is.
    """

    citation: ClassVar[str] = "Miyato, Dai, Goodfellow 2017, arXiv:1605.07725"


@dataclass(frozen=True)
class VirtualAdversary(Attack):
    """Where the student's own probabilities change most, with these as the target.

    Source: Miyato, Maeda, Koyama, Ishii 2018, arXiv:1704.03976, algorithm 1 with one power
    iteration.
    """

    citation: ClassVar[str] = "Miyato, Maeda, Koyama, Ishii 2018, arXiv:1704.03976"
    needs_probabilities: ClassVar[bool] = True


ATTACKS: dict[str, type[Attack]] = {"fgm": FastGradient, "vat": VirtualAdversary}
"""Attacks by the names that settings have for them."""


def parse_attack(spec: str) -> Attack:
    """Read an attack as settings write it, `fgm` or `vat:0.5`.

    Args:
        spec: A kind, and the size of the change.

    Raises:
        UserError: No such kind, or no size.

    >>> parse_attack("fgm:0.5")
    FastGradient(size=0.5)
    """
    kind, colon, written = spec.partition(":")
    if kind not in ATTACKS:
        raise UserError(f"no attack is called {spec!r}: write {' or '.join(ATTACKS)}.")
    if not colon:
        return ATTACKS[kind]()
    if not re.fullmatch(r"\d*\.?\d+", written) or not float(written) > 0:
        raise UserError(f"{spec}: write a size above 0, e.g. {kind}:{SIZE}.")
    return ATTACKS[kind](float(written))


def check_attack(attack: Attack, student: Any, objective: Objective) -> None:
    """Refuse an attack on a student without embeddings, or by losses that it cannot use.

    Args:
        attack: The attack.
        student: The Keras model.
        objective: What is minimised.

    Raises:
        UserError: Such a student, or answers without probabilities.
    """
    find_table(student)
    forms = {each.label_form for each in objective.by_head().values()}
    if attack.needs_probabilities and not forms <= set(_PROBABILITIES):
        raise UserError(
            "vat compares probabilities, and the student's answers have none: write fgm."
        )


def find_table(student: Any) -> Any:
    """Return the layer of a model's largest table of embeddings.

    Raises:
        UserError: A model without any, or of tf_keras.
    """
    import keras

    if not isinstance(student, keras.Model):
        raise UserError(
            f"embeddings are changed in Keras 3 models, and the student {student.name!r} is none: "
            "leave perturb out."
        )
    tables = [layer for _, layer in walk(student) if isinstance(layer, keras.layers.Embedding)]
    if not tables:
        raise UserError(
            f"the student {student.name!r} has no table of embeddings to change: leave fgm and vat "
            "out."
        )
    return max(tables, key=lambda layer: layer.input_dim * layer.output_dim)


def typical_length(table: tf.Tensor) -> tf.Tensor:
    """Return the root mean square of the lengths of a table's rows, without a gradient.

    Args:
        table: `[rows, width]`.
    """
    table = tf.cast(table, tf.float32)
    return tf.stop_gradient(tf.sqrt(tf.reduce_mean(tf.reduce_sum(table**2, axis=-1))))


def scale_change(gradient: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Return a change of each example along its gradient, of this length; 0 where there is none.

    Args:
        gradient: `[batch, ...]`.
        length: That of the change of an example.
    """
    gradient = tf.cast(gradient, tf.float32)
    axes = list(range(1, gradient.shape.rank))
    # Small gradients have squares that float32 does not know.
    largest = tf.reduce_max(tf.abs(gradient), axis=axes, keepdims=True)
    gradient = tf.math.divide_no_nan(gradient, largest)
    norm = tf.sqrt(tf.reduce_sum(gradient**2, axis=axes, keepdims=True))
    change = length * tf.math.divide_no_nan(gradient, norm)
    return tf.stop_gradient(tf.where(tf.math.is_finite(change), change, 0.0))


def draw_direction(shape: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """Return a direction for each token that depends on its place and the step alone.

    So padding, the order of a batch and the number of replicas do not change it.

    Args:
        shape: Of the embeddings, `[batch, ..., width]`.
        step: The number of updates so far.
    """
    seed = tf.stack([tf.cast(step, tf.int32), 0])
    waves = tf.random.stateless_uniform([2, shape[-1]], seed, 0.0, 6.283)
    places = tf.cast(tf.range(tf.reduce_prod(shape[1:-1])), tf.float32)
    directions = tf.cos(places[:, None] * waves[0] + waves[1])
    return tf.reshape(directions, tf.concat([[1], shape[1:]], axis=0))
