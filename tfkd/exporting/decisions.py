"""What outputs say, by the form of the logits: a class, several labels, or a number."""

from __future__ import annotations

import numpy as np

FORMS = ("multiclass", "binary", "multilabel", "regression")
SAME_NUMBER = 0.1
"Standard deviations of the student's numbers within which two numbers are the same."


def agreement(wanted: np.ndarray, got: np.ndarray, form: str) -> float:
    """Return the share of examples (or positions) whose outputs say the same.

    Args:
        wanted: The student's outputs, `[..., classes]`.
        got: The file's.
        form: Of the logits.

    >>> agreement(np.array([[0.0], [1.0]]), np.array([[0.0], [3.0]]), "regression")
    0.5
    """
    if form == "regression":
        # Of numbers that are all the same, only equal ones agree, but for the last digits.
        within = SAME_NUMBER * wanted.std() + 1e-6 * np.abs(wanted).max(initial=0.0)
        same = (np.abs(wanted - got) <= within).all(axis=-1)
    elif form == "multilabel":
        same = ((wanted > 0) == (got > 0)).all(axis=-1)
    else:
        same = classes(wanted, form) == classes(got, form)
    return float(np.mean(same))


def classes(logits: np.ndarray, form: str) -> np.ndarray:
    """Return the class that each vector of logits says, of the forms of one class."""
    return (logits[..., 0] > 0).astype(int) if form == "binary" else logits.argmax(-1)


def margins(wanted: np.ndarray, got: np.ndarray, form: str) -> np.ndarray:
    """Return how far the student holds its class above the one that the file chose.

    Several labels and numbers have no margin: what they differ by is at most their difference,
    which is looked at anyway.

    >>> margins(np.array([[3.0, 1.0]]), np.array([[0.0, 1.0]]), "multiclass")
    array([2.])
    """
    if form in ("multilabel", "regression"):
        return np.zeros(wanted.shape[:-1])
    theirs, ours = classes(wanted, form), classes(got, form)
    if form == "binary":
        return np.where(theirs == ours, 0.0, np.abs(wanted[..., 0]))
    chosen = np.take_along_axis(wanted, ours[..., None], axis=-1)[..., 0]
    return np.where(theirs == ours, 0.0, wanted.max(-1) - chosen)


def activation_of(form: str, *, between_0_and_1: bool, sum_to_1: bool) -> str | None:
    """Return the activation that outputs of this form look like they have been through.

    >>> activation_of("multilabel", between_0_and_1=True, sum_to_1=False)
    'sigmoid'
    """
    if form == "multiclass":
        return "softmax" if sum_to_1 else None
    return "sigmoid" if between_0_and_1 and form != "regression" else None
