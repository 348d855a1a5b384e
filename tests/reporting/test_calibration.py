"""Bins and counts, worked by hand."""

import numpy as np
import report_toys as toys

from tfkd.reporting.calibration import bins, confusion, reliability
from tfkd.tasks.classification import score


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
    found = reliability(given)
    assert list(found) == ["teacher", "student"]
    assert abs(found["student"]["ece"] - expected) < 1e-12
    assert sum(each["texts"] for each in found["student"]["bins"]) == 4


def test_confusion_counts_answers_along_the_rows_of_labels():
    """A transposed matrix shows the errors of the other class."""
    # The student sees nothing in the two long texts, 0.5 and 0.5, and answers the first class.
    found = confusion(toys.answers())
    assert found["classes"] == ["negative", "positive"]
    assert found["teacher"] == [[2, 0], [0, 2]]
    assert found["student"] == [[2, 0], [1, 1]]
    assert "teacher" not in confusion(toys.answers(with_teacher=False))
