"""`few:ENCODER`: a logistic regression of an encoder's vectors, by scikit-learn."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence

import numpy as np

from ...data.labels import shorten
from ...errors import UserError, missing_extra

STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""Inverse regularisations that are tried."""
DEFAULT = 10.0
_FOLDS, _MANY = 5, 2_000


def check_scikit_learn() -> None:
    """Refuse a teacher that scikit-learn fits where there is none.

    Raises:
        UserError: It is not installed.
    """
    if importlib.util.find_spec("sklearn") is None:
        raise missing_extra("scikit-learn", "baseline", "a teacher few:")


def check_every_class(ids: np.ndarray, labels: Sequence[str], spec: str) -> None:
    """Refuse classes without a labelled text, which no linear model could ever name.

    Args:
        ids: The class ids of all labelled texts.
        labels: The class names.
        spec: The teacher, for the error.

    Raises:
        UserError: There are some.
    """
    counts = np.bincount(ids, minlength=len(labels))
    without = [name for name, count in zip(labels, counts, strict=True) if not count]
    if without:
        raise UserError(
            f"the teacher {spec} learns from labelled training texts, and {len(without)} of "
            f"{len(labels)} classes have none ({shorten(without, 3)}): label one or more of each "
            "(--labelled takes more of them), add [[examples]] to --classes, or write similar: "
            "for few:."
        )


def fit_logistic(
    vectors: np.ndarray, ids: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return weights, bias and note of a logistic regression whose strength is cross-validated.

    Args:
        vectors: `[texts, dimensions]`.
        ids: The class ids of the texts, each class among them.
        classes: How many classes there are.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    least = int(np.bincount(ids, minlength=classes).min())
    folds = min(_FOLDS if len(ids) < _MANY else 3, least)
    strength, how = DEFAULT, "the default, since a class has one text"
    model = LogisticRegression(C=strength, max_iter=1_000)
    with warnings.catch_warnings():
        # A weak regularisation of few texts may need more steps than it gets: it then is no choice.
        warnings.simplefilter("ignore")
        if folds > 1:
            split = StratifiedKFold(folds, shuffle=True, random_state=0)
            grid = {"C": list(STRENGTHS)}
            search = GridSearchCV(model, grid, cv=split, scoring="neg_log_loss", refit=False)
            strength = float(search.fit(vectors, ids).best_params_["C"])
            how = f"by the log loss of {folds} folds of them"
        model = LogisticRegression(C=strength, max_iter=1_000).fit(vectors, ids)
    weights, bias = model.coef_.T, model.intercept_
    if classes == 2:
        # One logit, of the second class.
        weights, bias = np.hstack([0 * weights, weights]), np.array([0.0, *bias])
    note = f"logistic regression on {len(ids):,} labelled texts, C = {strength:g} {how}"
    return weights, bias, note
