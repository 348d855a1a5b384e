"""A logistic regression for each label, of features such as TF-IDF, by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

CERTAIN = 60.0
"""The logit of a label that all training texts have, or, negative, that none has."""


def fit_labels(features: Any, truth: np.ndarray) -> Callable[[Any], dict[str, np.ndarray]]:
    """Fit the regressions; return a function of features to logits `[examples, labels]`.

    Args:
        features: A matrix `[examples, features]`, dense or sparse.
        truth: Whether each label is right, `[examples, labels]`, bool.

    >>> x = np.array([[0.0], [1.0]])
    >>> predict = fit_labels(x, np.array([[False, True], [True, True]]))
    >>> (predict(x)["logits"] > 0).tolist()
    [[False, True], [True, True]]
    """
    from sklearn.linear_model import LogisticRegression

    models = [
        LogisticRegression(C=10, max_iter=1000).fit(features, column)
        if 0 < column.sum() < len(column)
        else (CERTAIN if column.all() else -CERTAIN)
        for column in truth.T
    ]

    def predict(features: Any) -> dict[str, np.ndarray]:
        logits = [
            np.full(features.shape[0], model)
            if isinstance(model, float)
            else model.decision_function(features)
            for model in models
        ]
        return {"logits": np.stack(logits, axis=1)}

    return predict
