"""Another order of classes is told from a weak teacher, and from chance."""

import numpy as np
import pytest

from tfkd.data import Example, Schema
from tfkd.tasks import Task, find, match_names
from tfkd.tasks.text_classification.class_order import find_order, texts_needed

RNG = np.random.default_rng(0)


def labels_of(classes, count, weights=None):
    return RNG.choice(classes, count, p=weights)


def answers_to(labels, order, right, classes):
    """What a model answers that is right on a share of the texts, its classes in another order."""
    wrong = RNG.integers(classes, size=len(labels))
    answers = np.where(RNG.random(len(labels)) < right, labels, wrong)
    return np.array(order)[answers]


@pytest.mark.parametrize(
    ("classes", "count", "right", "weights"),
    [
        (2, 200, 0.9, None),
        (2, 200, 0.9, [0.85, 0.15]),
        (2, 24, 1.0, None),
        (3, 200, 0.6, None),
        (10, 200, 0.7, None),
        (77, 385, 0.8, None),
        (150, 750, 0.9, None),
    ],
)
def test_a_permutation_is_found(classes, count, right, weights):
    """A teacher that is wrong throughout, since its classes are sorted in another way."""
    order = np.roll(np.arange(classes), 1).tolist()
    labels = labels_of(classes, count, weights)
    found = find_order(answers_to(labels, order, right, classes), labels, classes)
    known = np.unique(labels)
    assert [found[i] for i in known] == [order[i] for i in known]


def test_two_of_ten_classes_exchanged():
    labels = labels_of(10, 200)
    order = [1, 0, *range(2, 10)]
    assert find_order(answers_to(labels, order, 0.95, 10), labels, 10) == order


@pytest.mark.parametrize("right", [0.0, 0.1, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("classes", [2, 3, 10, 77])
def test_a_weak_teacher_is_no_permuted_one(classes, right):
    """A run that is stopped because of chance."""
    for _ in range(5):
        labels = labels_of(classes, texts_needed(classes))
        predicted = answers_to(labels, range(classes), right, classes)
        assert find_order(predicted, labels, classes) is None


def test_a_teacher_of_one_answer_has_no_order():
    """The rarer class named always: exchanged it would be right more often, and know nothing."""
    labels = labels_of(2, 200, [0.8, 0.2])
    assert find_order(np.ones(200, int), labels, 2) is None
    assert find_order(np.zeros(200, int), np.ones(200, int), 2) is None
    assert find_order(np.zeros(4, int), np.array([1, -100, 1, -100]), 2) is None


@pytest.mark.parametrize(
    ("theirs", "ours", "order"),
    [
        (("NEGATIVE", "Positive"), ("negative", "positive"), [0, 1]),
        (("pos", "neg"), ("negative", "positive"), [1, 0]),
        (("Not Spam", "SPAM"), ("not_spam", "spam"), [0, 1]),
        (("world news", "sport"), ("Sports", "World"), [1, 0]),
        (("1", "0"), ("0", "1"), [1, 0]),
        (("bad", "good"), ("neg", "pos"), None),
        (("LABEL_0", "LABEL_1"), ("0", "1"), None),
        (("positive", "posit"), ("pos", "neg"), None),
        (("a", "b"), ("a", "b", "c"), None),
    ],
)
def test_names_in_other_spelling(theirs, ours, order):
    """Two classes taken by their position, though their names say another order."""
    assert match_names(theirs, ours) == order


def test_the_task_asks_its_answers():
    schema = Schema(("a", "b"))
    examples = [Example(text="a", label=i % 2) for i in range(40)]
    labels = iter(example.label for example in examples)

    def exchanged(rows):
        return [{"logits": np.eye(2)[1 - next(labels)]} for _ in rows]

    task = find("text-classification")
    answers = task.answers(exchanged, [[{}] for _ in examples], schema)
    assert task.find_order(answers, examples, schema) == [1, 0]
    assert Task.find_order(task, answers, examples, schema) is None
