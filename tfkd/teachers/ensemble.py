"""`Ensemble`: several teachers of any kinds as one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import Outputs
from ..losses._divergence import log_probabilities
from ..models.callables import as_teacher

MEANS, FORMS = ("probabilities", "logits"), ("multiclass", "binary", "multilabel", "regression")


class Ensemble:
    r"""The weighted mean of several teachers: `(inputs, reads) -> {"logits": ...}`.

    With $p_k$ the probabilities of teacher $k$ and weights that add up to 1, its logits are
    $\log \sum_k w_k p_k$, or with `mean="logits"` the mean of theirs.

    Args:
        teachers: Two or more of whatever `Distiller` takes as a teacher, in a list, or by name.
        mean: Of `"probabilities"`, or of `"logits"`, where a teacher with larger ones has more say.
        weights: A number for each teacher; `"confidence"` weighs them example by example, by
            one minus the entropy of its distribution over the highest possible; equal by default.
        form: What the logits are, as for a loss: `"multiclass"`, `"binary"`, `"multilabel"` or
            `"regression"`, of which the mean is that of the numbers.

    All teachers get the same inputs, unless these are a dict with their names: teachers with
    their own tokenizers read `{"a": ids_a, "b": ids_b}`, in a dataset
    `{"student": ids, "teacher": {"a": ids_a, "b": ids_b}}`.

    Raises:
        UserError: fewer than two teachers, weights that are negative or of another number,
            teachers with different classes.

    Sources: Hinton et al. 2015, arXiv:1503.02531, section 5, for the mean of either kind; weights
    by confidence after Kwon et al. 2020, doi:10.1109/ICASSP40776.2020.9054698 (there by labels).

    >>> sure, unsure = (lambda x: tf.constant([[9.0, 0.0]])), (lambda x: tf.constant([[1.0, 0.0]]))
    >>> Ensemble([sure, unsure], mean="logits")(None)["logits"].numpy()
    array([[5., 0.]], dtype=float32)
    """

    def __init__(
        self,
        teachers: Sequence | Mapping[str, Any],
        *,
        mean: str = "probabilities",
        weights: Sequence[float] | str | None = None,
        form: str = "multiclass",
    ) -> None:
        if not isinstance(teachers, Mapping):
            teachers = {str(number): teacher for number, teacher in enumerate(teachers)}
        if len(teachers) < 2:
            raise UserError(f"an Ensemble of {len(teachers)} teacher(s): give two or more.")
        for name, value, known in (("mean", mean, MEANS), ("form", form, FORMS)):
            if value not in known:
                raise UserError(
                    f"Ensemble({name}={value!r}): write one of {', '.join(map(repr, known))}."
                )
        if form == "regression" and isinstance(weights, str):
            raise UserError(
                f"Ensemble(weights={weights!r}): numbers have no confidence; give a number for "
                "each teacher."
            )
        self.members = dict(teachers)
        self.mean, self.form = mean, form
        self.weights = _read_weights(weights, len(teachers))
        self._held = {name: as_teacher(teacher) for name, teacher in teachers.items()}
        self.jit = all(getattr(held, "jit", True) for held in self._held.values())

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Outputs:
        """Return the mean of the teachers' logits, float32."""
        if set(reads) - {"logits"}:
            raise UserError(
                f"the objective reads {', '.join(reads)} and several teachers have only logits in "
                "common: take one teacher, or drop the loss that reads more."
            )
        logits = [
            tf.cast(
                held(_select_inputs(inputs, name, self._held), ("logits",))["logits"], tf.float32
            )
            for name, held in self._held.items()
        ]
        classes = {tensor.shape[-1] for tensor in logits}
        if len(classes) > 1:
            raise UserError(
                f"the teachers have {' and '.join(map(str, sorted(classes)))} classes: give "
                "teachers of the same classes, in the same order."
            )
        return {"logits": self.combine(tf.stack(logits))}

    def combine(self, logits: tf.Tensor) -> tf.Tensor:
        """Return the mean of stacked logits `[teachers, ..., classes]`: `[..., classes]`."""
        if self.form == "regression":
            return tf.tensordot(tf.constant(self.weights, tf.float32), logits, 1)
        log_p = log_probabilities(logits, self.form)
        if isinstance(self.weights, str):
            weights = _confidence(log_p)
        else:
            shape = [len(self.weights), *[1] * (log_p.shape.rank - 2)]
            weights = tf.reshape(tf.constant(self.weights, tf.float32), shape)
        if self.mean == "logits":
            weights = weights[..., None] if self.form == "multiclass" else weights
            return tf.reduce_sum(weights * logits, axis=0)
        summed = tf.reduce_logsumexp(log_p + tf.math.log(weights)[..., None], axis=0)
        return summed if self.form == "multiclass" else summed[..., 0] - summed[..., 1]

    @property
    def fingerprint(self) -> str:
        """A digest of all teachers and how they are joined, for a store."""
        from ..store.fingerprint import digest_of, fingerprint

        marks = {name: fingerprint(teacher) for name, teacher in self.members.items()}
        return digest_of([marks, self.mean, self.form, self.weights])


def weights_by_score(scores: Sequence[float], chance: float = 0.0) -> list[float]:
    """Weigh teachers in proportion to how far their validation scores lie above chance.

    Args:
        scores: One for each teacher, such as its validation accuracy.
        chance: The score of an answer that is always the same.

    Raises:
        UserError: no score above chance.

    >>> weights_by_score([0.9, 0.7], chance=0.5)
    [0.6667, 0.3333]
    """
    above = [max(0.0, float(score) - chance) for score in scores]
    if not sum(above) > 0:
        raise UserError(
            f"none of the scores {list(scores)} lies above {chance}: weigh them equally."
        )
    return [round(distance / sum(above), 4) for distance in above]


def _read_weights(weights: Any, count: int) -> tuple[float, ...] | str:
    if weights is None:
        return (1.0 / count,) * count
    if isinstance(weights, str):
        if weights != "confidence":
            raise UserError(f'Ensemble(weights={weights!r}): write numbers, or "confidence".')
        return weights
    numbers = [float(weight) for weight in weights]
    fits = len(numbers) == count and all(math.isfinite(n) and n >= 0 for n in numbers)
    if not fits or not sum(numbers) > 0:
        raise UserError(
            f"Ensemble(weights={weights!r}): write one number >= 0 for each of the {count} "
            "teachers."
        )
    return tuple(number / sum(numbers) for number in numbers)


def _select_inputs(inputs: Any, name: str, members: Mapping[str, Any]) -> Any:
    """Return what one teacher reads of the inputs."""
    if not isinstance(inputs, Mapping):
        return inputs
    mine = {key.partition(".")[2]: v for key, v in inputs.items() if key.startswith(f"{name}.")}
    if mine:
        return mine
    return inputs[name] if set(members) <= {key.partition(".")[0] for key in inputs} else inputs


def _confidence(log_p: tf.Tensor) -> tf.Tensor:
    """Return weights of the teachers at each position: `[teachers, ...]`."""
    entropy = -tf.reduce_sum(tf.math.multiply_no_nan(log_p, tf.math.exp(log_p)), axis=-1)
    sure = 1.0 - entropy / math.log(int(log_p.shape[-1])) + 1e-6
    return sure / tf.reduce_sum(sure, axis=0, keepdims=True)
