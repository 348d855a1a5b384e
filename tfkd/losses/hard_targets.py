"""The teacher's class as the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._logits import LogitLoss
from .hard_labels import HardLabels


@dataclass(frozen=True)
class HardTargets(LogitLoss):
    r"""Cross-entropy with the class that the teacher chooses: no temperature, and no label.

    | `form` | loss |
    |---|---|
    | `"multiclass"` | $-\log \mathrm{softmax}(s)_y$ with $y = \arg\max_c t_c$ |
    | `"binary"` | $-\log \sigma(\pm s)$, plus where $t > 0$ |
    | `"multilabel"` | mean over classes of the same |

    Classes at -inf of the student are not chosen. `label_smoothing` as in `HardLabels`, of which
    this is the same with other labels. DeiT takes equal weights:
    `0.5 * HardLabels() + 0.5 * HardTargets()`.
    Raises `UserError` for an unknown form or a smoothing outside [0, 1).

    Source: Touvron et al. 2021 (DeiT), arXiv:2012.12877, equation 3.

    >>> loss = HardTargets()
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.constant([[2.0, 0.0]])}, {"logits": tf.constant([[0.5, 0.1]])}
    >>> loss(s, t, Batch()).numpy().round(4)
    array([0.1269], dtype=float32)
    """

    citation: ClassVar[str] = "Touvron et al. 2021 (DeiT), arXiv:2012.12877"
    forms: ClassVar[tuple[str, ...]] = ("multiclass", "binary", "multilabel")
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.form == "regression":
            raise UserError(
                'HardTargets has no form="regression", a number has no class: write '
                'LogitError(form="regression").'
            )
        super().__post_init__()
        self._against_labels()

    def _against_labels(self) -> HardLabels:
        return HardLabels(self.form, self.label_smoothing)

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor, labels: Any) -> tf.Tensor:
        """Return the cross-entropy with the teacher's choice at each position."""
        # What the student rules out, it cannot choose.
        teacher = tf.where(tf.equal(student, float("-inf")), float("-inf"), teacher)
        if self.form == "multiclass":
            choice = tf.argmax(teacher, axis=-1, output_type=tf.int32)
        else:
            choice = tf.cast(teacher > 0, tf.int32)
            choice = choice[..., 0] if self.form == "binary" else choice
        return self._against_labels().pointwise(student, None, (choice, None))
