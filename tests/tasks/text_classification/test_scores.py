"""Scores: numbers worked by hand, and scikit-learn's where it has them."""

import numpy as np
import pytest

from tfkd.errors import UserError
from tfkd.tasks.text_classification.scores import (
    agreement,
    calibration_error,
    macro_f1,
    probabilities,
    score,
)

# Confidence 0.9, 0.8, 0.7, 0.6; the second and the fourth are wrong.
LOGITS = np.log([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
LABELS = np.array([0, 1, 1, 0])


def test_by_hand():
    """What the whole table rests on."""
    found = score(LOGITS, LABELS)
    assert found["accuracy"] == 0.5
    # One of two right in each class, one of two predictions right: F1 = 2 * 1 / (2 + 2) each.
    assert found["macro_f1"] == 0.5
    expected = -(np.log(0.9) + np.log(0.2) + np.log(0.7) + np.log(0.4)) / 4
    assert found["log_loss"] == pytest.approx(expected)
    # A bin each (0.9: 13, 0.8: 12, 0.7: 10, 0.6: 9): gaps 0.1, 0.8, 0.3, 0.6 at a weight of 1/4.
    assert found["ece"] == pytest.approx((0.1 + 0.8 + 0.3 + 0.6) / 4)


def test_ece_bins_by_hand():
    """Within a bin gaps of both signs cancel; between bins they do not."""
    # 0.95 and 0.96 share the last bin: mean confidence 0.955, accuracy 0.5, two of three.
    # 0.55 is alone: gap 0.45, one of three.
    confidence, correct = np.array([0.95, 0.96, 0.55]), np.array([True, False, True])
    assert calibration_error(confidence, correct) == pytest.approx((2 * 0.455 + 0.45) / 3)
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0.0


@pytest.mark.parametrize("classes", [2, 5])
def test_equals_scikit_learn(classes):
    """Two definitions of macro F1 make two tables."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(classes)
    logits, labels = 3 * rng.normal(size=(400, classes)), rng.integers(0, classes, 400)
    predicted, found = logits.argmax(axis=1), score(logits, labels)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    f1 = metrics.f1_score(labels, predicted, average="macro")
    assert found["macro_f1"] == pytest.approx(f1)
    loss = metrics.log_loss(labels, probabilities(logits), labels=range(classes))
    assert found["log_loss"] == pytest.approx(loss)


def test_macro_f1_of_classes_that_are_absent():
    """A class that is predicted and never right counts as 0, one that never occurs not at all."""
    metrics = pytest.importorskip("sklearn.metrics")
    predicted, labels = np.array([0, 4, 2, 0]), np.array([0, 1, 2, 2])
    expected = metrics.f1_score(labels, predicted, average="macro", zero_division=0)
    assert macro_f1(predicted, labels) == pytest.approx(expected)


def test_unlabelled_examples_do_not_count():
    """-100 counted as a label is an error on every unlabelled text."""
    logits = np.concatenate([LOGITS, [[5.0, -5.0], [-5.0, 5.0]]])
    labels = np.append(LABELS, [-100, -100])
    assert score(logits, labels) == score(LOGITS, LABELS)


def test_nothing_to_score():
    """The mean of nothing is NaN, and a table of NaN says nothing of why."""
    with pytest.raises(UserError, match="none of the examples has a label"):
        score(LOGITS, np.full(4, -100))
    with pytest.raises(UserError, match="the label 2 is none of the 2 classes"):
        score(LOGITS, np.array([0, 1, 2, 0]))


def test_great_logits_do_not_overflow():
    found = score(np.array([[1e4, -1e4], [-np.inf, 0.0]]), np.array([1, 1]))
    assert np.isfinite(list(found.values())).all()
    assert found["accuracy"] == 0.5


def test_agreement_is_of_the_greatest_class():
    assert agreement(LOGITS, 9 * LOGITS) == 1.0
    assert agreement(LOGITS, LOGITS[:, ::-1]) == 0.0
    assert agreement(LOGITS, np.eye(2)[[0, 0, 1, 0]]) == 0.75
