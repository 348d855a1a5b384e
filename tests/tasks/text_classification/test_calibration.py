"""Bins, worked by hand."""

import numpy as np
import pytest
import report_toys as toys

from tfkd.tasks.text_classification.calibration import bin_by_confidence, calibration


def ask(section, given) -> list:
    return section(given.by_model, given.examples, given.schema)["figures"][0]


def test_bins_by_hand():
    """A text in another bin, or a share of all texts in the place of the bin's."""
    confidence = np.array([0.5, 0.55, 0.95, 1.0])
    correct = np.array([True, False, True, True])
    found = bin_by_confidence(confidence, correct, 10)
    assert [each["texts"] for each in found] == [2, 2]  # 1.0 is in the last bin, not beyond it
    assert [each["accuracy"] for each in found] == [0.5, 1.0]
    assert [each["confidence"] for each in found] == [0.525, 0.975]


def test_the_calibration_error_is_that_of_the_report():
    """Two numbers of the same name that differ, on the same page."""
    given = toys.answers()
    curve, (table,) = ask(calibration, given)
    for model, error in table["rows"]:
        expected = toys.TASK.score(given.by_model[model], given.examples)["ece"]
        assert error == pytest.approx(expected, abs=1e-12)
        points = [point for point in curve["points"] if point["series"] == model]
        assert sum(point["texts"] for point in points) == 4
    assert [model for model, _ in table["rows"]] == ["teacher", "student"]


def test_texts_without_a_label_do_not_count():
    """A label of -100 as an index of the matrix."""
    given = toys.answers(labels=(1, 0, 1, -100))
    curve, _ = ask(calibration, given)
    assert sum(point["texts"] for point in curve["points"]) == 6
