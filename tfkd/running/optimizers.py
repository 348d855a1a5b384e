"""The optimizer of a training from its settings: its kind, decay, clipping and schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import UserError

OPTIMIZERS = ("adam", "adamw", "lion", "sgd")
SCHEDULES = ("cosine", "linear", "constant")
WARM_UP = 50  # steps
# Where none is given.
_DECAY = {"adamw": 0.01, "lion": 0.1}
# Chen et al. 2023: Lion's steps are larger, so its rate is three to ten times smaller than Adam's.
_OF_ADAMS_RATE = {"lion": 0.1}
_NOT_DECAYED = ("bias", "gamma", "beta")


@dataclass(frozen=True)
class OptimizerPlan:
    """How weights are updated, but for the learning rate.

    Attributes:
        name: One of `OPTIMIZERS`.
        weight_decay: Decoupled from the gradients; 0 stands for 0.01 with AdamW and 0.1 with
            Lion.
        clip: The greatest norm of all gradients together; 0 for no limit.
        schedule: How the rate falls after the warm-up, one of `SCHEDULES`.
        warm_up: Steps in which the rate rises, at most a quarter of all.
    """

    name: str = "adam"
    weight_decay: float = 0.0
    clip: float = 0.0
    schedule: str = "cosine"
    warm_up: int = WARM_UP

    def check(self, learning_rate: float) -> None:
        """Refuse settings that do not go together.

        Args:
            learning_rate: The one that was asked for; 0 where none was.

        Raises:
            UserError: A decay that the optimizer does not have, or SGD without a learning rate.
        """
        if self.weight_decay and self.name in ("adam", "sgd"):
            raise UserError(
                f"weight_decay is {self.weight_decay} and {self.name} has none: write "
                "--optimizer adamw, or --weight-decay 0."
            )
        if self.name == "sgd" and not learning_rate:
            raise UserError(
                "sgd has no learning rate of its own, as adam has: write, say, --learning-rate 0.1."
            )

    def choose_rate(self, of_adam: float) -> float:
        """Return the learning rate where none was asked for, given the one of Adam."""
        return of_adam * _OF_ADAMS_RATE.get(self.name, 1.0)

    def make(self, learning_rate: float, steps: int) -> Any:
        """Make the Keras optimizer.

        Args:
            learning_rate: The highest rate.
            steps: All steps of the training.
        """
        from keras import optimizers

        rate = self._make_schedule(learning_rate, steps)
        clip = {"global_clipnorm": self.clip} if self.clip else {}
        if self.name == "adam":
            return optimizers.Adam(rate, beta_2=0.99, **clip)
        if self.name == "sgd":
            return optimizers.SGD(rate, momentum=0.9, nesterov=True, **clip)
        decay = self.weight_decay or _DECAY[self.name]
        if self.name == "lion":
            optimizer = optimizers.Lion(rate, weight_decay=decay, **clip)
        else:
            optimizer = optimizers.AdamW(rate, beta_2=0.99, weight_decay=decay, **clip)
        optimizer.exclude_from_weight_decay(var_names=list(_NOT_DECAYED))
        return optimizer

    def _make_schedule(self, highest: float, steps: int) -> Any:
        from keras.optimizers import schedules

        warm_up = min(self.warm_up, steps // 4)
        if self.schedule == "cosine" and warm_up:
            return schedules.CosineDecay(
                highest / 50, steps - warm_up, warmup_target=highest, warmup_steps=warm_up
            )
        if self.schedule == "cosine":
            return schedules.CosineDecay(highest, steps)
        return _make_lines(highest, warm_up, steps if self.schedule == "linear" else 0)


def _make_lines(highest: float, warm_up: int, end: int) -> Any:
    """Make a schedule that rises in a line, and falls in one to 0 at `end`, or stays there."""
    import tensorflow as tf
    from keras.optimizers.schedules import LearningRateSchedule

    class Lines(LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            now = tf.cast(step, tf.float32)
            rate = tf.constant(highest, tf.float32)
            if end:
                rate *= tf.clip_by_value((end - now) / max(end - warm_up, 1), 0.0, 1.0)
            # The first step moves something too.
            rising = highest * (0.02 + 0.98 * now / max(warm_up, 1))
            return tf.where(now < warm_up, rising, rate)

        def get_config(self) -> dict[str, Any]:
            return {"highest": highest, "warm_up": warm_up, "end": end}

    return Lines()
