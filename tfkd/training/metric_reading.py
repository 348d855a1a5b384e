"""What a metric reads: probabilities or logits, class ids or rows of 0 and 1.

A student returns logits, and Keras's metrics expect probabilities, except where they say
`from_logits=True`. Here each metric gets what it expects, whatever the form of the losses.
"""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ..losses._positions import count_classes

# Every class of every example alike, as long as they are not told which class is which.
_BY_ENTRY = {
    "auc", "binary_accuracy", "binary_crossentropy", "binary_focal_crossentropy", "binary_io_u",
    "false_negatives", "false_positives", "hinge", "huber", "log_cosh", "logcosh",
    "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "log_cosh_error", "poisson", "precision",
    "precision_at_recall", "recall",
    "recall_at_precision", "root_mean_squared_error", "sensitivity_at_specificity",
    "specificity_at_sensitivity", "squared_hinge", "true_negatives", "true_positives",
}  # fmt: skip
# Of one class against the others, where one logit stands for two classes.
_BY_CHOICE = {"categorical_accuracy", "categorical_crossentropy", "top_k_categorical_accuracy"}
_OF_SCORES = {"hinge", "squared_hinge", "categorical_hinge"}


@dataclass(frozen=True)
class MetricReading:
    """What one metric reads of labels, logits and weights.

    `kind` is `"entries"` (each class of each example by itself), `"rows"` (0 and 1 for each
    class), `"ids"` (class ids, and the scores of all classes), `"choices"` (class ids on both
    sides), or `"custom"`: labels as they were given. With `two_columns` one logit is read as the
    scores of two classes.
    """

    form: str
    kind: str
    logits: bool
    two_columns: bool = False

    def __call__(
        self, labels: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return the labels, scores and weights that the metric reads.

        Args:
            labels: As they were given; unknown ones of any value.
            logits: The student's, `[batch, ..., classes]`.
            weights: Of each position, or of each of its classes; 0 where it does not count.
        """
        logits = tf.cast(logits, tf.float32)
        if weights is None:
            weights = tf.ones(tf.shape(logits)[:-1], tf.float32)
        if weights.shape.rank == logits.shape.rank and weights.shape[-1] == 1:
            # tf_keras adds an axis.
            weights = weights[..., 0]
        if self.kind == "custom":
            return labels, self._scores(logits), _by_row(weights, logits)
        rows, scores = self._rows(labels, logits), self._scores(logits)
        scores = tf.reshape(scores, [-1, count_classes(scores)])
        if self.kind == "entries" or self.form == "multilabel" != self.kind != "rows":
            return self._entries(rows, scores, _by_entry(weights, logits, rows.shape[-1]))
        weights = tf.reshape(_by_row(weights, logits), [-1])
        if self.kind == "rows":
            return rows, scores, weights
        ids = tf.argmax(rows, -1, tf.int32)
        return ids, scores if self.kind == "ids" else tf.argmax(scores, -1, tf.int32), weights

    def _entries(
        self, rows: tf.Tensor, scores: tf.Tensor, weights: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        labels, scores = (tf.reshape(each, [-1, 1]) for each in (rows, scores))
        if self.kind == "choices":
            labels, scores = (tf.cast(each[:, 0] > 0.5, tf.int32) for each in (labels, scores))
        return labels, scores, weights

    def _scores(self, logits: tf.Tensor) -> tf.Tensor:
        if self.two_columns:
            logits = tf.concat([tf.zeros_like(logits), logits], axis=-1)
        if self.logits or self.form == "regression":
            # Not the tensor that may carry a mask of Keras's, which is in the weights already.
            return tf.identity(logits)
        if self.form == "multiclass" or self.two_columns:
            return tf.nn.softmax(logits)
        return tf.nn.sigmoid(logits)

    def _rows(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Return labels `[positions, classes]`, float32."""
        size = 2 if self.two_columns else count_classes(logits)
        if self.form == "multiclass" or self.two_columns:
            return tf.one_hot(tf.reshape(tf.cast(labels, tf.int32), [-1]), size)
        return tf.cast(tf.reshape(labels, [-1, size]), tf.float32)


def _by_row(weights: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return the weight of each position, 0 where one of its classes does not count."""
    whole = weights.shape.rank == logits.shape.rank
    return tf.reduce_min(weights, axis=-1) if whole else weights


def _by_entry(weights: tf.Tensor, logits: tf.Tensor, columns: int) -> tf.Tensor:
    """Return the weight of each class of each position, flat."""
    if weights.shape.rank == logits.shape.rank:
        return tf.reshape(weights, [-1])
    return tf.repeat(tf.reshape(weights, [-1]), columns)


def reading_of(metric: Any, form: str) -> MetricReading:
    """Find out what a metric reads: an instance or a function.

    >>> def share_right(labels, probabilities): ...
    >>> reading_of(share_right, "binary").kind
    'custom'
    """
    name = name_in_keras(metric)
    kind = _kind(metric, name)
    two_columns = form == "binary" and (kind in ("ids", "choices") or name in _BY_CHOICE)
    return MetricReading(form, kind, name in _OF_SCORES or wants_logits(metric), two_columns)


def wants_logits(metric: Any) -> bool:
    """Return whether a metric says that it reads logits.

    By `from_logits=True`, by a threshold that no probability has, or by the name of the second
    argument of its function.
    """
    options = {**getattr(metric, "_fn_kwargs", {}), **(getattr(metric, "keywords", None) or {})}
    said = [getattr(metric, name, None) for name in ("from_logits", "_from_logits")]
    if True in (options.get("from_logits"), *said):
        return True
    thresholds = getattr(metric, "thresholds", None)
    several = thresholds if isinstance(thresholds, (list, tuple)) else [thresholds]
    every = (options.get("threshold"), getattr(metric, "threshold", None), *several)
    numbers = [each for each in every if isinstance(each, (int, float))]
    if numbers:
        return all(each <= 0 for each in numbers)
    return "logits" in _second_argument(metric)


def _second_argument(metric: Any) -> str:
    function = getattr(metric, "_fn", getattr(metric, "update_state", metric))
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ""
    return names[1] if len(names) > 1 else ""


def _kind(metric: Any, name: str) -> str:
    if not name:
        return "custom"
    if name.startswith("sparse_"):
        return "ids"
    if name in ("accuracy", "io_u", "mean_io_u"):
        ids = (getattr(metric, f"sparse_y_{side}", True) for side in ("true", "pred"))
        return "choices" if all(ids) else "rows"
    by_class = getattr(metric, "multi_label", False) or any(
        getattr(metric, option, None) is not None for option in ("class_id", "top_k")
    )
    return "entries" if name in _BY_ENTRY and not by_class else "rows"


def name_in_keras(metric: Any) -> str:
    """Return the name in snake case of a metric that Keras brings; empty for one's own.

    >>> name_in_keras(len)
    ''
    """
    if isinstance(metric, functools.partial):
        metric = metric.func
    if inspect.isfunction(metric):
        return metric.__name__ if _is_of_keras(metric) else ""
    for kind in type(metric).__mro__:
        if not _is_of_keras(kind):
            if "update_state" in vars(kind):
                return ""
        elif kind.__name__ == "MeanMetricWrapper":
            return name_in_keras(metric._fn)
        else:
            return "" if kind.__name__ in ("Metric", "Mean", "Sum") else to_snake(kind.__name__)
    return ""


def _is_of_keras(thing: Any) -> bool:
    return str(thing.__module__).partition(".")[0] in ("keras", "tf_keras")


def to_snake(name: str) -> str:
    """Write a name as Keras names its metrics.

    >>> to_snake("TopKCategoricalAccuracy")
    'top_k_categorical_accuracy'
    """
    name = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
