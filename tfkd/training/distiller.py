"""`Distiller`: a `keras.Model` that trains a student on an `Objective`."""

from __future__ import annotations

import functools
from typing import Any

import keras
import tensorflow as tf

from ..distribution import keras3
from ..models import as_tapped
from ..models.outputs import flavour, raw_logits
from . import weight_files
from .base_distiller import BaseDistiller


class Distiller(BaseDistiller, keras.Model):
    """Train `student` to imitate `teacher`, with `compile` and `fit` as for any Keras model.

    Args:
        student: A Keras 3 or tf_keras model that returns logits `[batch, ..., classes]`: a
            tensor, a dict with `logits`, or a tuple that starts with them. `tfkd.tap(model,
            hidden_states=[...])` names the layers that losses read; many are found without.
        teacher: A model of either kind, or any callable `(inputs, reads) -> outputs`; never
            trained, never saved. `None` where the data carry stored targets.
        objective: A sum of losses; `hinton()` by default.
        student_outputs, teacher_outputs: `"logits"`, `"softmax"` or `"sigmoid"` says what comes;
            `"auto"` recognises a final Keras activation and refuses what looks like
            probabilities otherwise.
        mask: `(inputs, labels, logits) -> [batch, ...]`, logits without the last axis, 0 where a
            position does not count; by default `attention_mask` or `padding_mask` of the inputs.
        example: One batch, `x` or `(x, y)`, to check everything against at once.
        rules: What the student's weights are kept to, `tfkd.models.weight_rules`: zeros, or the
            numbers of a quantiser's grid.

    Raises:
        UserError: with one sentence, for whatever the example (or the first batch of `fit`)
            shows to be wrong: classes that differ, ids beyond an embedding, no logits, NaN.

    >>> import numpy as np
    >>> keras.utils.set_random_seed(0)
    >>> def linear():
    ...     return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> distiller = Distiller(student=linear(), teacher=linear())
    >>> distiller.compile("adam", metrics=["accuracy"])
    >>> x, y = np.ones((8, 4), "float32"), np.zeros(8, "int32")
    >>> sorted(distiller.fit(x, y, verbose=0).history)
    ['accuracy', 'hard_labels', 'loss', 'soft_targets']
    """

    keras = keras

    def __new__(cls, *args: Any, student: Any = None, **options: Any) -> Any:  # noqa: D102
        if cls is Distiller and flavour(as_tapped(student).model) == "tf_keras":
            # Not an instance of this class, so Python leaves its __init__ to us.
            return _legacy()(*args, student=student, **options)
        return super().__new__(cls)

    def save_weights(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        """Save the weights of a run to go on with; the student alone can load the file, too."""
        super().save_weights(filepath, overwrite=overwrite, **options)
        if weight_files.is_hdf5(filepath):
            weight_files.share_with_student(filepath)

    def load_weights(self, filepath: Any, **options: Any) -> None:
        """Load what `save_weights` has saved."""
        if not weight_files.is_hdf5(filepath):
            super().load_weights(filepath, **options)
            return
        with weight_files.as_keras_wrote_it(filepath) as path:
            super().load_weights(path, **options)

    def save_own_variables(self, store: Any) -> None:
        """Save the projections, and the state of the student's random numbers.

        Keras leaves the latter out; a resumed run goes on with the dropout masks of the
        interrupted one.
        """
        super().save_own_variables(store)
        for i, state in enumerate(_random_states(self.student)):
            store[f"random_{i}"] = state

    def load_own_variables(self, store: Any) -> None:
        """Load what `save_own_variables` has saved."""
        # Keras's store can be asked for its keys, and cannot be iterated over.
        names = store.keys()
        super().load_own_variables({n: store[n] for n in names if not n.startswith("random_")})
        for i, state in enumerate(_random_states(self.student)):
            state.assign(store[f"random_{i}"])

    @property
    def compiled_container(self) -> Any:
        """Keras's container of the metrics given to `compile`."""
        return self._compile_metrics

    @property
    def steps_at_once(self) -> int:
        """How many steps one call of the train function makes."""
        return self.steps_per_execution

    def metrics_in(self, container: Any) -> list:
        """Return the metrics inside a Keras metrics container, or nothing before it is built.

        Here that is the container itself, since it names them.
        """
        return [container] if container.built else []

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict:
        """Compute the compiled metrics; return no metrics for unlabelled data.

        Keras makes the metrics by this under `tf.distribute`.
        """
        # Of several heads, `make_metrics` makes them before.
        if y is None or isinstance(y, dict):
            return {}
        # `y_pred` is what the student returns, and a metric reads its logits alone.
        return super().compute_metrics(x, y, raw_logits(y_pred), sample_weight)

    def compile(self, optimizer: Any = "adam", **options: Any) -> None:  # noqa: D102
        keras3.check_strategy(self.distribute_strategy)
        super().compile(optimizer, **options)
        for one in (self.optimizer, self.projection_optimizer):
            keras3.clip_globally(one, self.distribute_strategy)

    def train_step(self, data: Any) -> dict[str, Any]:  # noqa: D102
        return keras3.reducible_logs(super().train_step(data), self.distribute_strategy)

    def test_step(self, data: Any) -> dict[str, Any]:  # noqa: D102
        return keras3.reducible_logs(super().test_step(data), self.distribute_strategy)

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        if self._distribute_strategy is not None and iterator is not None:
            batch = next(next(batches for _, _, batches in iterator))
            iterator, data_batch = None, keras3.replica_specs(batch, self.distribute_strategy)
        super()._maybe_symbolic_build(iterator, data_batch)

    def scale_loss(self, loss: Any) -> Any:
        """Multiply the loss by the loss scale of mixed precision."""
        return self.optimizer.scale_loss(loss)

    def update(self, tape: tf.GradientTape, loss: tf.Tensor) -> None:
        """Update the trainable variables once."""
        variables = self.trainable_weights
        gradients = tape.gradient(loss, variables)
        if not isinstance(self.optimizer, keras.optimizers.LossScaleOptimizer):
            # That one looks for overflow by itself, and changes its scale by what it finds.
            gradients = self.guard.clean_gradients(gradients)
        self.projections.apply_gradients(
            list(zip(gradients, variables, strict=True)),
            self.optimizer,
            self.projection_optimizer,
            loss_scale=self.scale_loss(1.0),
        )


def _random_states(model: Any) -> list:
    weights = {id(variable) for variable in model.non_trainable_weights}
    return [state for state in model.non_trainable_variables if id(state) not in weights]


@functools.cache
def _legacy() -> type:
    """Make the same class on `tf_keras.Model`, for Hugging Face's TensorFlow models."""
    import tf_keras

    class LegacyDistiller(BaseDistiller, tf_keras.Model):
        keras = tf_keras

        @property
        def compiled_container(self) -> Any:
            return getattr(self, "compiled_metrics", None)

        @property
        def steps_at_once(self) -> int:
            return int(self._steps_per_execution)

        def metrics_in(self, container: Any) -> list:
            return container.metrics

        def scale_loss(self, loss: Any) -> Any:
            scale = getattr(self.optimizer, "get_scaled_loss", None)
            return scale(loss) if scale else loss

        def update(self, tape: tf.GradientTape, loss: tf.Tensor) -> None:
            variables = self.trainable_weights
            gradients = tape.gradient(loss, variables)
            unscale = getattr(self.optimizer, "get_unscaled_gradients", None)
            gradients = unscale(gradients) if unscale else self.guard.clean_gradients(gradients)
            self.projections.apply_gradients(
                list(zip(gradients, variables, strict=True)),
                self.optimizer,
                self.projection_optimizer,
                loss_scale=1.0,
            )

    return LegacyDistiller
