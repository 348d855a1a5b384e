"""Where student and teacher differ: which texts, in which order, and who was right."""

import numpy as np
import pytest
import report_toys as toys

from tfkd.reporting.sections import differences as module
from tfkd.reporting.sections.differences import apart, differences, widest


def test_the_widest_differences_come_first(monkeypatch):
    """200 texts that hardly differ, and the one that matters is not among them."""
    found = differences(toys.answers())
    # Alike in the short texts; in the long ones the student says 0.5, the teacher 1 / (1 + e^-4).
    assert [each["text"] for each in found["shown"][:2]] == list(toys.TEXTS[2:])
    assert found["shown"][0]["difference"] == pytest.approx(1 / (1 + np.exp(-4)) - 0.5)
    assert found["shown"][2]["difference"] == 0
    assert (found["texts"], found["other_answers"]) == (4, 1)
    assert (found["teacher_right"], found["student_right"]) == (1, 0)
    first = found["shown"][0]
    assert first["teacher"]["answer"] == first["label"] == "positive"
    assert first["student"] == {"answer": "negative", "probability": 0.5}
    monkeypatch.setattr(module, "SHOWN", 3)
    assert len(differences(toys.answers())["shown"]) == 3


def test_without_a_teacher():
    """A table of differences from nobody; and occlusion still needs texts to look at."""
    alone = toys.answers(with_teacher=False)
    assert differences(alone) is None
    assert widest(alone, 2).tolist() == [2, 3]  # those it is least sure of


def test_more_classes_than_two():
    """The sum counted twice, 200 % apart."""
    assert apart(np.eye(3)[[0]], np.eye(3)[[2]]).tolist() == [1.0]
