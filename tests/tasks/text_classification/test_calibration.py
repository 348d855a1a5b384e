"""Bins and counts, worked by hand."""

import numpy as np
import report_toys as toys

from tfkd.running.reports.figures import PARTS
from tfkd.tasks.text_classification.calibration import bins, confusion, reliability
from tfkd.tasks.text_classification.scores import score


def test_bins_by_hand():
    """A text in another bin, or a share of all texts in the place of the bin's."""
    confidence = np.array([0.5, 0.55, 0.95, 1.0])
    correct = np.array([True, False, True, True])
    found = bins(confidence, correct, 10)
    assert [each["texts"] for each in found] == [2, 2]  # 1.0 is in the last bin, not beyond it
    assert [each["accuracy"] for each in found] == [0.5, 1.0]
    assert [each["confidence"] for each in found] == [0.525, 0.975]


def test_the_calibration_error_is_that_of_the_report():
    """Two numbers of the same name that differ, on the same page."""
    given = toys.answers()
    expected = score(np.log(given.student), given.labels)["ece"]
    found = reliability(given.student, given.labels)
    assert abs(found["ece"] - expected) < 1e-12
    assert sum(each["texts"] for each in found["bins"]) == 4


def test_confusion_counts_answers_along_the_rows_of_labels():
    """A transposed matrix shows the errors of the other class."""
    # The student sees nothing in the two long texts, 0.5 and 0.5, and answers the first class.
    given = toys.answers()
    assert confusion(given.teacher, given.labels) == [[2, 0], [0, 2]]
    assert confusion(given.student, given.labels) == [[2, 0], [1, 1]]


def test_the_figures_name_models_and_classes():
    """A matrix whose rows nobody can name; a model that is not there."""
    reliability_of, confusion_of = PARTS["reliability"], PARTS["confusion"]
    assert list(reliability_of(toys.answers())) == ["teacher", "student"]
    assert confusion_of(toys.answers())["classes"] == ["negative", "positive"]
    assert "teacher" not in confusion_of(toys.answers(with_teacher=False))
