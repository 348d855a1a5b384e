"""The metrics given to `compile`, each behind one that gives it what it reads."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..losses._heads import ONLY
from .metric_reading import MetricReading, name_in_keras, reading_of, to_snake

_BY_FORM = {
    "accuracy": {
        "multiclass": "SparseCategoricalAccuracy",
        "binary": "BinaryAccuracy",
        "multilabel": "BinaryAccuracy",
    },
    "crossentropy": {
        "multiclass": "SparseCategoricalCrossentropy",
        "binary": "BinaryCrossentropy",
        "multilabel": "BinaryCrossentropy",
    },
}
_SHORT = {"acc": "accuracy", "ce": "crossentropy"}
# Examples on which a function is tried alone.
_TRIED = 16


def read_metrics(
    keras: Any, metrics: Any, *, form: str, outputs: tuple[str, ...] = (), weighted: bool = False
) -> list:
    """Return what `compile` got, each metric behind one that reads labels and logits.

    Args:
        keras: The package of the flavour.
        metrics: As Keras takes them: strings, classes, instances, functions; lists and dicts.
        form: What the logits are.
        outputs: The names by which a dict may call the logits.
        weighted: Whether the sample weights count.

    Raises:
        UserError: A metric that Keras does not know, or that means nothing in this form.
    """
    return [
        _behind(keras, metric, form=form, weighted=weighted) for metric in _flat(metrics, outputs)
    ]


def metrics_by_head(metrics: Any, heads: Collection[str]) -> Mapping[str, Any]:
    """Return what `compile` got for each head of a model; without heads, all of it.

    Args:
        metrics: As given.
        heads: The names of the heads; one empty name stands for a model without.

    Raises:
        UserError: Metrics that do not say which head they are of, or of no head.
    """
    if ONLY in heads:
        return {ONLY: metrics}
    metrics = {} if metrics is None else metrics
    if not isinstance(metrics, Mapping) or not set(metrics) <= set(heads):
        example = ", ".join(f'"{head}": [...]' for head in heads)
        raise UserError(
            f"metrics are {metrics!r} and the losses are on the heads {', '.join(heads)}: write "
            f"metrics={{{example}}}."
        )
    return {head: metrics.get(head) for head in heads}


def rename_twins(metrics: list, weighted: list) -> None:
    """Give each metric a name of its own, as Keras does: `auc`, `auc_1`, `weighted_auc`."""
    taken: set[str] = set()
    for prefix, some in (("", metrics), ("weighted_", weighted)):
        for metric in some:
            name = own = metric.name
            if own in taken and prefix:
                name = own = f"{prefix}{own}"
            count = 0
            while name in taken:
                count += 1
                name = f"{own}_{count}"
            taken.add(name)
            if name != metric.name:
                set_name(metric, name)


def set_name(metric: Any, name: str) -> None:
    """Rename a metric; tf_keras's `name` is read-only."""
    setattr(metric, "_name" if hasattr(metric, "_name") else "name", name)


def _flat(metrics: Any, outputs: tuple[str, ...]) -> list:
    if isinstance(metrics, Mapping):
        others = [name for name in metrics if name not in ("logits", *outputs)]
        if others and len(metrics) > 1:
            raise UserError(
                f"metrics of the outputs {', '.join(map(repr, metrics))}: a Distiller measures the "
                'logits alone: write metrics=[...], or {"logits": [...]}.'
            )
        metrics = list(metrics.values())
    if not isinstance(metrics, (list, tuple)):
        return [] if metrics is None else [metrics]
    return [each for some in metrics for each in _flat(some, outputs)]


def _behind(keras: Any, identifier: Any, *, form: str, weighted: bool) -> Any:
    metric = _find(keras, identifier, form)
    is_metric = isinstance(metric, keras.metrics.Metric)
    if is_metric and not _takes_weights(metric):
        raise UserError(
            f"the metric {_name(identifier, metric)!r} takes no sample_weight: write "
            "update_state(self, y_true, y_pred, sample_weight=None)."
        )
    _check(metric, form)
    base = _Behind if is_metric else _BehindFunction
    made = type("ReadMetric", (base, keras.metrics.Metric), {})(name=_name(identifier, metric))
    made.reading = reading_of(metric, form)
    made.inner = metric if is_metric else keras.metrics.Mean(name="mean")
    made.function, made.weighted = None if is_metric else _as_function(metric), weighted
    # By it `ModelCheckpoint` and `EarlyStopping` know which of two values is the better one.
    is_share = "accuracy" in _name(identifier, metric)
    direction = getattr(metric, "_direction", "up" if is_share else None)
    if direction is not None:
        made._direction = direction
    return made


def _find(keras: Any, identifier: Any, form: str) -> Any:
    """Return the metric, or the function, that a string, class or instance stands for."""
    if isinstance(identifier, str):
        word = identifier.lower()
        by_form = _BY_FORM.get(_SHORT.get(word, word))
        if by_form and form not in by_form:
            raise UserError(
                f"metrics={identifier!r} is about classes and form={form!r} has none: write "
                '"mae", "mse" or a metric of your own.'
            )
        identifier = getattr(keras.metrics, by_form[form]) if by_form else identifier
    try:
        metric = keras.metrics.get(identifier)
        return metric() if inspect.isclass(metric) else metric
    except (ValueError, TypeError) as error:
        raise UserError(
            f"Keras has no metric {identifier!r}: write a name of keras.metrics, a metric or a "
            f"function (labels, probabilities) ({error})."
        ) from None


def _name(identifier: Any, metric: Any) -> str:
    if isinstance(identifier, str):
        return identifier
    name = getattr(metric, "name", None)
    if name:
        return str(name)
    plain = getattr(metric, "func", metric)
    return to_snake(getattr(plain, "__name__", type(plain).__name__))


def _as_function(metric: Any) -> Any:
    """Return a function `(labels, scores)`: of a loss of Keras's that before its mean."""
    return metric.call if hasattr(metric, "reduction") else metric


def _check(metric: Any, form: str) -> None:
    name = name_in_keras(metric)
    if form in ("multilabel", "regression") and name.startswith("sparse_"):
        raise UserError(
            f"the metric {name} wants one class id for each example, and form={form!r} has "
            "none: " + ('write "accuracy" or AUC().' if form == "multilabel" else 'write "mae".')
        )
    one_column = form == "binary" and name in ("f1_score", "fbeta_score", "f_beta_score")
    if one_column and getattr(metric, "threshold", 0.5) is None:
        raise UserError(
            f"the metric {name} without a threshold takes the largest of several classes, and "
            "form='binary' has one logit: write threshold=0.5."
        )


class _Behind:
    """A metric that hands on what another one reads, and that one's result."""

    name: str
    reading: MetricReading
    inner: Any
    function: Any
    weighted: bool

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        labels, scores, weights = self.reading(y_true, y_pred, sample_weight)
        self.inner.update_state(labels, scores, sample_weight=weights)

    def result(self) -> Any:
        return self.inner.result()

    def reset_state(self) -> None:
        self.inner.reset_state()

    def check(self, labels: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> None:
        """Raise `UserError` for a metric that one batch shows not to work."""


class _BehindFunction(_Behind):
    """The mean of what a function returns: a number for each example, or one for the batch."""

    # Of the labels, where `[batch]` and `[batch, 1]` are not the same to the function.
    rank: int | None = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        labels, scores, weights = self.reading(y_true, y_pred, sample_weight)
        values = self._call(labels, scores)
        if not _is_of_batch(values, weights):
            self.inner.update_state(values, sample_weight=weights)
            return
        # It has seen what does not count.
        values = tf.where(tf.reduce_all(weights > 0), values, float("nan"))
        self.inner.update_state(values)

    def _call(self, labels: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
        if self.rank is not None and labels.shape.rank != self.rank:
            labels = labels[..., None] if labels.shape.rank < self.rank else labels[..., 0]
        return tf.cast(self.function(labels, scores), tf.float32)

    def check(self, labels: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> None:
        labels, scores, weights = self.reading(labels, logits, weights)
        kind = "logits" if self.reading.logits else "scores"
        try:
            self.rank = self._find_rank(labels, scores)
            values = self._call(labels, scores)
        except Exception as error:
            first = str(error).strip().partition("\n")[0]
            raise UserError(
                f"the metric {self.name!r} fails on labels {labels.shape} and {kind} "
                f"{scores.shape}: {type(error).__name__}: {first}."
            ) from error
        if not _is_of_batch(values, weights):
            return
        if self.weighted:
            raise UserError(
                f"the metric {self.name!r} returns {values.shape} for a batch, which no sample "
                "weight can weigh: return one number for each example, or write metrics=[...]."
            )
        if not bool(tf.reduce_all(weights > 0)):
            raise UserError(
                f"the metric {self.name!r} returns {values.shape} for a batch that holds masked or "
                "unlabelled positions, which it counts: return one number for each of them, or "
                "write a keras.metrics.Metric that uses sample_weight."
            )

    def _find_rank(self, labels: tf.Tensor, scores: tf.Tensor) -> int | None:
        """Find the rank of labels beside scores `[batch, 1]` that broadcasting leaves alone.

        With the wrong one a batch has another mean than its examples alone.
        """
        rank = scores.shape.rank
        if scores.shape[-1] != 1 or labels.shape[rank - 1 :] not in ((), (1,)):
            return None
        column, scores = tf.reshape(labels, tf.shape(scores))[:_TRIED], scores[:_TRIED]
        by_rank = {rank: column, rank - 1: column[..., 0]}

        def mean(y: tf.Tensor, p: tf.Tensor) -> float:
            return float(tf.reduce_mean(tf.cast(self.function(y, p), tf.float32)))

        for own in sorted(by_rank, key=lambda own: own != labels.shape.rank):
            try:
                y = by_rank[own]
                alone = [mean(y[i : i + 1], scores[i : i + 1]) for i in range(len(y))]
                if abs(mean(y, scores) - sum(alone) / len(alone)) < 1e-5:
                    return own
            except (ValueError, TypeError, IndexError, tf.errors.InvalidArgumentError):
                continue
        return None


def _is_of_batch(values: tf.Tensor, weights: tf.Tensor) -> bool:
    """Return whether values are fewer than what has a weight."""
    return values.shape.rank < weights.shape.rank


def _takes_weights(metric: Any) -> bool:
    """Return whether a metric's `update_state` takes `sample_weight`."""
    parameters = inspect.signature(metric.update_state).parameters
    kinds = {each.kind for each in parameters.values()}
    return "sample_weight" in parameters or inspect.Parameter.VAR_KEYWORD in kinds
