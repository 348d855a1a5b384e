"""The sentence that people act on."""

from typing import ClassVar

import numpy as np
import pytest

from tfkd.data import Example
from tfkd.reporting import verdict as module
from tfkd.reporting.intervals import share_interval
from tfkd.reporting.scoring import TestSet
from tfkd.reporting.verdict import bootstrap_gain, helped, mean_gain, near_chance
from tfkd.tasks import Measure
from tfkd.tasks.text_classification import TextClassification, predictions

TASK = TextClassification()


class Bootstrapped(TextClassification):
    """The same, as if accuracy were no mean over examples."""

    headline_is_mean = False


def answers(right: int, count: int = 400, start: int = 0) -> list:
    """Answers to labels of 0 with `right` of `count` right, from `start` on."""
    predicted = np.ones(count, int)
    predicted[np.arange(start, start + right) % count] = 0
    return predictions(np.eye(2)[predicted], ("no", "yes"))


def labelled(labels) -> list[Example]:
    return [Example(text="a text", label=int(label)) for label in labels]


LABELS = np.zeros(400, int)


def verdict(distilled, alone, labels=LABELS, task=TASK, improving=()) -> str:
    examples = labelled(labels)
    return helped(task, distilled, alone=alone, examples=examples, improving=improving)


@pytest.mark.parametrize(
    ("distilled", "alone", "begins"),
    [
        (380, 320, "Distillation helped: +15.00 ± "),
        (320, 380, "Distillation HURT: -15.00 ± "),
        (350, 350, "Distillation made no clear difference: +0.00 ± "),
        (352, 350, "Distillation made no clear difference: +0.50 ± "),
    ],
)
def test_helped_hurt_or_neither(distilled, alone, begins):
    """Half a point on 400 texts is luck, and must not be sold as help."""
    said = verdict(answers(distilled), answers(alone, start=3))
    assert said.startswith(begins)
    assert "on 400 test examples, 95 % interval" in said


def test_the_same_gain_is_clear_on_more_texts():
    few = verdict(answers(330), answers(320))
    assert few.startswith("Distillation helped")  # 10 won, none lost
    mixed = verdict(answers(330, start=60), answers(320))
    assert mixed.startswith("Distillation made no clear difference")  # 70 won, 60 lost
    many = [a * 40 for a in (answers(330, start=60), answers(320))]
    assert verdict(*many, np.tile(LABELS, 40)).startswith("Distillation helped")


def test_unlabelled_examples_neither_help_nor_are_counted():
    """-100 is nobody's answer; counted, it would narrow the interval."""
    labels = np.where(np.arange(400) < 200, 0, -100)
    found = verdict(answers(190), answers(150), labels)
    assert found == verdict(answers(190)[:200], answers(150)[:200], LABELS[:200])
    assert "on 200 test examples" in found


def test_the_gain_by_hand():
    """The examples are the same for both, so their differences decide, not two intervals."""
    # 10 + 6 examples that only we have right, 4 that only they have.
    difference = np.array([0] * 80 + [1] * 10 + [0] * 6 + [-1] * 4)
    found, half = mean_gain(difference)
    assert found == pytest.approx(0.06)
    # With one more example for each side: squares 16 of 102, mean 6 / 102.
    assert half == pytest.approx(1.96 * np.sqrt((16 / 102 - (6 / 102) ** 2) / 102))


def test_the_gain_of_two_examples_is_not_certain():
    """Without variance the plain interval is a point: one example would prove anything."""
    difference, half = mean_gain(np.ones(2))
    assert difference == 1.0
    assert half > 0.5


@pytest.mark.parametrize(
    ("distilled", "alone", "begins"),
    [
        (380, 320, "Distillation helped: +15.00 ± "),
        (320, 380, "Distillation HURT: -15.00 ± "),
    ],
)
def test_a_bootstrap_says_what_the_formula_says(distilled, alone, begins, monkeypatch):
    """An F1 of entities, whose interval is that of another measure."""
    monkeypatch.setattr(module, "DRAWS", 200)
    given = (answers(distilled), answers(alone, start=3))
    assert verdict(*given, task=Bootstrapped()).startswith(begins)
    ours, theirs = (TASK.per_example(each, labelled(LABELS)) for each in given)
    _, half = mean_gain(ours - theirs)
    _, drawn = bootstrap_gain(Bootstrapped(), *given, labelled(LABELS))
    assert drawn == pytest.approx(half, rel=0.15)
    assert bootstrap_gain(Bootstrapped(), *given, labelled(LABELS))[1] == drawn


def test_large_test_sets_are_drawn_in_part(monkeypatch):
    """A thousand scores of a million answers; or an interval as wide as that of a part."""
    monkeypatch.setattr(module, "DRAWS", 200)
    given = (answers(330, start=60), answers(320))
    _, whole = bootstrap_gain(Bootstrapped(), *given, labelled(LABELS))
    monkeypatch.setattr(module, "MOST_EXAMPLES", 100)
    _, part = bootstrap_gain(Bootstrapped(), *given, labelled(LABELS))
    assert part == pytest.approx(whole, rel=0.15)


def test_a_measure_that_is_better_when_lower(monkeypatch):
    """A loss that fell, sold as harm."""

    monkeypatch.setattr(module, "DRAWS", 100)

    class Loss(Bootstrapped):
        measures: ClassVar[dict] = {"log_loss": TASK.measures["log_loss"]}

    said = verdict(answers(380), answers(320, start=3), task=Loss())
    assert said.startswith("Distillation helped: -0.1500 ± ")
    assert "nats of log loss" in said


def test_texts_that_are_written_have_intervals_and_a_distance_to_the_teacher(monkeypatch):
    """BLEU from 0 to 1 is shown from 0 to 100, and compared with that of the teacher."""
    monkeypatch.setattr(module, "DRAWS", 200)

    class Writing(Bootstrapped):
        writes = True
        measures: ClassVar[dict] = {"accuracy": Measure("BLEU", "points")}

    examples = [*labelled(LABELS), Example(text="nobody knows", label=-100)]
    test = TestSet(Writing(), Writing().schema(("no", "yes")), examples)
    teacher, student = answers(380, 401), answers(340, 401)
    said = test.verdict(student, None, teacher=teacher)
    assert len(said) == 1
    assert said[0].startswith("The distilled student beside its teacher: -10.00 ± ")
    assert said[0].endswith("points of BLEU (95 % interval).")
    interval = test.row("student", student).interval
    assert interval == pytest.approx(share_interval(340, 400), abs=0.01)
    assert TestSet(TASK, test.schema, examples).verdict(student, None, teacher=teacher) == []


def chance(accuracy: float, labels) -> str | None:
    return near_chance(TASK, accuracy, labelled(labels))


BALANCED = np.array([0, 1] * 500)
SKEWED = np.array([0] * 950 + [1] * 50)


def test_a_good_teacher_is_not_warned_of():
    assert chance(0.93, BALANCED) is None
    assert chance(0.56, BALANCED) is None  # 3.8 standard errors above a coin
    assert chance(0.98, SKEWED) is None


@pytest.mark.parametrize("accuracy", [0.5, 0.54, 0.46])
def test_near_chance(accuracy):
    """A random classification head scores like this, and is distilled without a word."""
    assert chance(accuracy, BALANCED).startswith(f"The teacher is near chance: {accuracy:.1%}")


def test_below_chance_is_flipped_labels():
    """7 % on two classes is not near chance: it is 93 % with the classes swapped."""
    said = chance(0.07, BALANCED)
    assert said.startswith("The teacher is below chance: 7.0%")
    assert "check its labels' order" in said


def test_chance_is_the_most_frequent_class():
    """94 % sounds well, where naming one class always gives 95 %."""
    assert "naming the most frequent class gives 95.0%" in chance(0.94, SKEWED)


def test_unlabelled_and_one_class():
    labels = np.append(BALANCED, np.full(500, -100))
    assert chance(0.93, labels) is None
    assert chance(0.5, labels) == chance(0.5, BALANCED)
    assert chance(1.0, np.zeros(9, int)) is None  # nothing to tell it by


@pytest.mark.parametrize(
    ("right", "improving", "words", "lacks"),
    [
        (320, ["distilled", "alone"], "Both students were still improving", "Train it without"),
        (320, ["distilled"], "The distilled student was still improving", "Train it without"),
        (320, [], "Train it without the teacher", "train longer"),
        (350, ["alone", "distilled"], "train longer (--epochs).", "Train it without"),
        (350, [], "95 % interval).", "train longer"),
        (380, ["alone", "distilled"], "Distillation helped", "train longer"),
    ],
)
def test_students_that_were_not_trained_to_the_end(right, improving, words, lacks):
    """Another temperature for a student that needs more epochs."""
    said = verdict(answers(right), answers(350, start=3), improving=improving)
    assert words in said
    assert lacks not in said
    assert said == said.strip()
