"""A logistic regression of features such as TF-IDF, by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

IMPOSSIBLE = -60.0
"""The logit of a class that no training text has."""


def fit_logistic(
    features: Any, labels: np.ndarray, classes: int
) -> Callable[[Any], dict[str, np.ndarray]]:
    """Fit a logistic regression; return a function of features to logits `[examples, classes]`.

    Args:
        features: A matrix `[examples, features]`, dense or sparse.
        labels: A class id of each example.
        classes: How many classes there are; some may have no example.

    >>> predict = fit_logistic(np.array([[0.0], [1.0]]), np.array([0, 2]), 3)
    >>> predict(np.array([[0.0], [1.0]]))["logits"].argmax(axis=1).tolist()
    [0, 2]
    """
    known = np.unique(labels)
    if len(known) == 1:
        row = np.full(classes, IMPOSSIBLE)
        row[known[0]] = 0.0
        return lambda features: {"logits": np.tile(row, (features.shape[0], 1))}
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10, max_iter=1000).fit(features, labels)

    def predict(features: Any) -> dict[str, np.ndarray]:
        logits = np.full((features.shape[0], classes), IMPOSSIBLE)
        logits[:, model.classes_] = np.maximum(model.predict_log_proba(features), IMPOSSIBLE)
        return {"logits": logits}

    return predict
