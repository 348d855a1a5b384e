"""Logits from probabilities, in NumPy: what undoes a softmax or sigmoid at the end of a model."""

from __future__ import annotations

import numpy as np

ACTIVATIONS = ("softmax", "sigmoid")
LEAST = float(np.finfo(np.float32).tiny)


def undo_activation(
    outputs: np.ndarray, activation: str | None, least: float = LEAST
) -> np.ndarray:
    """Return logits of which the activation gives `outputs` again.

    Args:
        outputs: What a model returned, `[..., classes]`.
        activation: "softmax", "sigmoid", or None for outputs that are logits already.
        least: Smaller probabilities count as this one, since the logarithm of 0 is no number.

    >>> undo_activation(np.array([[0.5]]), "sigmoid").tolist()
    [[0.0]]
    """
    if activation is None:
        return outputs
    log_odds = np.log(np.maximum(outputs, least))
    if activation == "sigmoid":
        log_odds = log_odds - np.log(np.maximum(1 - outputs, least))
    return log_odds
