"""Scores of a classifier: accuracy, macro F1, log loss, calibration, agreement. NumPy only."""

from __future__ import annotations

import numpy as np

from ...errors import UserError

BINS = 15


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of logits `[..., classes]`, in float64."""
    logits = np.asarray(logits, "float64")
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def score(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return all scores of logits `[examples, classes]` against labels `[examples]`.

    `log_loss` is in nats; `ece` is the expected calibration error over 15 equal bins of
    confidence (Guo et al. 2017, arXiv:1706.04599). Labels of -100 do not count.

    Raises:
        UserError: no example has a label, or a label is no class.

    >>> score(np.log([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]))["accuracy"]
    0.5
    """
    return score_probabilities(probabilities(logits), labels)


def score_probabilities(likely: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return all scores of probabilities `[examples, classes]`; see `score`.

    Raises:
        UserError: No example has a label, or a label is no class.
    """
    known = np.asarray(labels) >= 0
    likely, labels = np.asarray(likely)[known], np.asarray(labels)[known]
    if not len(labels):
        raise UserError("none of the examples has a label: there is nothing to score against.")
    if labels.max() >= likely.shape[1]:
        raise UserError(f"the label {labels.max()} is none of the {likely.shape[1]} classes.")
    predicted = likely.argmax(axis=1)
    of_label = likely[np.arange(len(labels)), labels]
    return {
        "accuracy": float(np.mean(predicted == labels)),
        "macro_f1": macro_f1(predicted, labels),
        "log_loss": float(-np.mean(np.log(np.maximum(of_label, 1e-300)))),
        "ece": calibration_error(likely.max(axis=1), predicted == labels),
    }


def macro_f1(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of F1 over the classes that occur among predictions or labels.

    >>> round(macro_f1(np.array([0, 1, 1]), np.array([0, 1, 0])), 4)
    0.6667
    """
    scores = []
    for label in np.union1d(predicted, labels):
        hits = np.sum((predicted == label) & (labels == label))
        scores.append(2 * hits / (np.sum(predicted == label) + np.sum(labels == label)))
    return float(np.mean(scores))


def calibration_error(confidence: np.ndarray, correct: np.ndarray) -> float:
    """Return the gap between confidence and accuracy, averaged over examples in 15 bins.

    >>> round(calibration_error(np.array([0.9, 0.9]), np.array([True, False])), 4)
    0.4
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidence - correct, BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def agreement(logits: np.ndarray, others: np.ndarray) -> float:
    """Return the share of examples with the same most probable class."""
    return float(np.mean(np.argmax(logits, axis=-1) == np.argmax(others, axis=-1)))
