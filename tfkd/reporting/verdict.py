"""Did distillation help? In words, with the uncertainty of the test set."""

from __future__ import annotations

import numpy as np

from ..tasks.text_classification.scores import gain

CLEAR = 3.0  # standard errors above always guessing the most frequent class


def helped(distilled: np.ndarray, alone: np.ndarray, labels: np.ndarray) -> str:
    """Distilled against alone, both `[examples, classes]`, on the same examples.

    >>> right, wrong = np.eye(2)[[0] * 50], np.eye(2)[[1] * 50]
    >>> helped(right, wrong, np.zeros(50, int))[:19]
    'Distillation helped'
    """
    difference, half = gain(distilled, alone, labels)
    points = f"{100 * difference:+.2f} ± {100 * half:.2f} points of accuracy"
    where = f"on {np.sum(labels >= 0):,} test examples, 95 % interval"
    if difference > half:
        return f"Distillation helped: {points} over the same student trained alone ({where})."
    if difference < -half:
        return (
            f"Distillation HURT: {points} against the same student trained alone ({where}). "
            "Train it without the teacher, or try another temperature or soft_weight."
        )
    return (
        f"Distillation made no clear difference: {points} against the same student trained alone "
        f"({where})."
    )


def near_chance(accuracy: float, labels: np.ndarray) -> str | None:
    """A warning where a teacher is hardly better than the most frequent class, or worse.

    >>> near_chance(0.93, np.array([0, 1] * 500)) is None
    True
    >>> near_chance(0.51, np.array([0, 1] * 500))[:24]
    'The teacher is near chan'
    """
    labels = labels[labels >= 0]
    chance = np.bincount(labels).max() / len(labels)
    error = CLEAR * np.sqrt(chance * (1 - chance) / len(labels))
    if accuracy > chance + error or chance == 1:  # one class alone tells nothing
        return None
    where = "below" if accuracy < chance - error else "near"
    return (
        f"The teacher is {where} chance: {accuracy:.1%} where always naming the most frequent "
        f"class gives {chance:.1%}. Nothing can be learnt from it: check its labels' order, its "
        "tokenizer, and that it was trained for this task."
    )
