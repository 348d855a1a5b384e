"""The sentence that people act on."""

import numpy as np
import pytest

from tfkd.reporting.verdict import helped, near_chance


def answers(right: int, count: int = 400, start: int = 0) -> np.ndarray:
    """Logits for labels of 0 with `right` of `count` right, from `start` on."""
    predicted = np.ones(count, int)
    predicted[np.arange(start, start + right) % count] = 0
    return np.eye(2)[predicted]


LABELS = np.zeros(400, int)


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
    said = helped(answers(distilled), answers(alone, start=3), LABELS)
    assert said.startswith(begins)
    assert "on 400 test examples, 95 % interval" in said


def test_the_same_gain_is_clear_on_more_texts():
    few = helped(answers(330), answers(320), LABELS)
    assert few.startswith("Distillation helped")  # 10 won, none lost
    mixed = helped(answers(330, start=60), answers(320), LABELS)
    assert mixed.startswith("Distillation made no clear difference")  # 70 won, 60 lost
    many = [np.tile(a, (40, 1)) for a in (answers(330, start=60), answers(320))]
    assert helped(*many, np.tile(LABELS, 40)).startswith("Distillation helped")


def test_unlabelled_examples_neither_help_nor_are_counted():
    """-100 is nobody's answer; counted, it would narrow the interval."""
    labels = np.where(np.arange(400) < 200, 0, -100)
    found = helped(answers(190), answers(150), labels)
    assert found == helped(answers(190)[:200], answers(150)[:200], LABELS[:200])
    assert "on 200 test examples" in found


BALANCED = np.array([0, 1] * 500)
SKEWED = np.array([0] * 950 + [1] * 50)


def test_a_good_teacher_is_not_warned_of():
    assert near_chance(0.93, BALANCED) is None
    assert near_chance(0.56, BALANCED) is None  # 3.8 standard errors above a coin
    assert near_chance(0.98, SKEWED) is None


@pytest.mark.parametrize("accuracy", [0.5, 0.54, 0.46])
def test_near_chance(accuracy):
    """A random classification head scores like this, and is distilled without a word."""
    assert near_chance(accuracy, BALANCED).startswith(f"The teacher is near chance: {accuracy:.1%}")


def test_below_chance_is_flipped_labels():
    """7 % on two classes is not near chance: it is 93 % with the classes swapped."""
    said = near_chance(0.07, BALANCED)
    assert said.startswith("The teacher is below chance: 7.0%")
    assert "check its labels' order" in said


def test_chance_is_the_most_frequent_class():
    """94 % sounds well, where naming one class always gives 95 %."""
    assert "naming the most frequent class gives 95.0%" in near_chance(0.94, SKEWED)


def test_unlabelled_and_one_class():
    labels = np.append(BALANCED, np.full(500, -100))
    assert near_chance(0.93, labels) is None
    assert near_chance(0.5, labels) == near_chance(0.5, BALANCED)
    assert near_chance(1.0, np.zeros(9, int)) is None  # nothing to tell it by
