"""Where student and teacher differ: which texts, in which order, and who was right."""

import numpy as np
import pytest
import report_toys as toys

from tfkd.reporting.sections import differences as module
from tfkd.reporting.sections.coverage import coverage
from tfkd.reporting.sections.differences import differences, most_different
from tfkd.tasks import find
from tfkd.tasks.generation import Written
from tfkd.tasks.text_classification import predictions


def cells(section: dict) -> list[dict]:
    """The lines of the table by the columns' titles; a model's probability by its name."""
    (table,) = section["figures"]
    titles = [column["title"] for column in table["columns"]]
    titles[3], titles[5] = "teacher's", "student's"
    return [dict(zip(titles, row, strict=True)) for row in table["rows"]]


def test_the_widest_differences_come_first(monkeypatch):
    """200 texts that hardly differ, and the one that matters is not among them."""
    section = differences(toys.answers())
    found = cells(section)
    # Alike in the short texts; in the long ones the student says 0.5, the teacher 1 / (1 + e^-4).
    assert [each["text"] for each in found[:2]] == list(toys.TEXTS[2:])
    assert found[0]["difference"] == pytest.approx(1 / (1 + np.exp(-4)) - 0.5)
    assert found[2]["difference"] == 0
    numbers = [part["value"] for part in section["lead"] if isinstance(part, dict)]
    assert numbers == [1, 4, 1, 0]  # differ, of texts, teacher right, student right
    assert found[0]["label"] == "positive"
    assert found[0]["teacher"] == {"answer": "positive", "right": True}
    assert found[0]["student"] == {"answer": "negative", "right": False}
    assert found[0]["student's"] == 0.5
    monkeypatch.setattr(module, "SHOWN", 3)
    assert len(cells(differences(toys.answers()))) == 3


def test_without_a_teacher():
    """A table of differences from nobody; and occlusion still needs texts to look at."""
    alone = toys.answers(with_teacher=False)
    section = differences(alone)
    assert section["figures"] == []
    assert section["note"] == "Not known without the teacher: its folder is gone."
    assert most_different(alone, 2).tolist() == [2, 3]  # those it is least sure of


def test_more_classes_than_two():
    """The sum counted twice, 200 % apart."""
    classes = ("a", "b", "c")
    one, other = (
        predictions(900 * np.eye(3)[[0]], classes),
        predictions(900 * np.eye(3)[[2]], classes),
    )
    assert toys.TASK.distances(one, other).tolist() == [1.0]


def test_texts_that_models_wrote_are_nearer_or_farther():
    """A translation that is no letter like its reference, marked as wrong; chances of classes."""
    task = find("translation")
    written = {"teacher": ("ein Hund", "eine Katze"), "student": ("ein Hund", "der Baum")}
    examples = [task.example({"text": "a", "label": label}, "1") for label in ("Hund", "Katze")]
    teacher, student = ([Written(text, -1.0, 2) for text in texts] for texts in written.values())
    asked = toys.answers(task=task, examples=examples, teacher=teacher, student=student)
    section = differences(asked)
    numbers = [part["value"] for part in section["lead"] if isinstance(part, dict)]
    assert numbers == [1, 2, 1, 0]
    assert "nearer to the reference" in str(section["lead"])
    assert "probabilit" not in str(section)
    (table,) = section["figures"]
    assert table["rows"][0][1:4] == ["Katze", "eine Katze", "der Baum"]
    assert 0 < table["rows"][0][4] <= 1
    assert table["rows"][1][4] == 0
    # No share of wrong answers either.
    assert coverage(asked) is None
