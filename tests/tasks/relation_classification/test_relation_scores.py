"""Scores of relations equal those that the official scorer printed."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Example
from tfkd.tasks import find
from tfkd.tasks.relation_classification.relation_scores import find_negative
from tfkd.tasks.text_classification import predictions

RELATIONS = (
    *("Cause-Effect", "Component-Whole", "Content-Container", "Entity-Destination"),
    *("Entity-Origin", "Instrument-Agency", "Member-Collection", "Message-Topic"),
    "Product-Producer",
)
DIRECTIONS = ("e1,e2", "e2,e1")
CLASSES = (*(f"{name}({each})" for name in RELATIONS for each in DIRECTIONS), "Other")
# Two outputs of semeval2010_task8_scorer-v1.2.pl that were published: labels down, answers across,
# then answers in the wrong direction (xDIRx); macro and micro F1 and accuracy, in percent.
PUBLISHED = {
    "79.05": (
        """
        296 0 0 0 9 1 0 1 2 15 4
        2 209 5 3 1 9 13 5 2 32 31
        0 4 160 10 2 0 0 1 0 11 4
        0 2 10 260 0 0 0 2 1 16 1
        2 1 0 12 221 1 0 1 3 16 1
        0 4 1 2 2 101 1 3 9 31 2
        0 6 0 0 2 3 195 4 2 20 1
        1 2 0 2 0 0 3 228 3 19 3
        4 4 2 1 9 10 0 5 167 24 5
        20 25 25 25 32 20 39 39 26 203 0
        """,
        {"macro_f1": 79.05, "micro_f1": 79.99, "accuracy": 75.08},
    ),
    "69.10": (
        """
        263 1 0 1 11 3 3 2 3 20 21
        2 187 9 6 4 7 11 7 4 34 41
        0 6 156 8 6 0 2 0 1 5 8
        0 1 16 256 2 1 0 2 3 8 3
        4 1 2 7 190 2 4 2 7 26 13
        2 12 1 1 3 80 2 6 7 35 7
        0 11 1 1 3 2 176 4 6 17 12
        0 7 1 3 0 3 2 179 14 27 25
        7 8 0 5 9 8 5 8 132 28 21
        15 49 25 30 43 20 41 38 30 163 0
        """,
        {"macro_f1": 69.10, "micro_f1": 70.13, "accuracy": 65.59},
    ),
}


def examples_and_answers(pairs, names=CLASSES):
    labels, answers = np.array(pairs).T
    logits = 20.0 * np.eye(len(names))[answers]
    return predictions(logits, names), [Example(text="", label=int(label)) for label in labels]


def pairs_of(table):
    """A label and an answer for each sentence of a confusion matrix of relations."""
    other, pairs = len(CLASSES) - 1, []
    for row, line in enumerate(table.strip().splitlines()):
        *cells, reversed_ = map(int, line.split())
        label = other if row == len(RELATIONS) else 2 * row
        for column, count in enumerate(cells):
            pairs += [(label, other if column == len(RELATIONS) else 2 * column)] * count
        pairs += [(label, label + 1)] * reversed_
    return pairs


@pytest.mark.parametrize("name", PUBLISHED)
def test_scores_are_those_of_the_official_scorer(name):
    table, expected = PUBLISHED[name]
    answers, examples = examples_and_answers(pairs_of(table))
    assert len(examples) == 2717
    task = find("relation-classification")
    scores = task.score(answers, examples)
    found = {key: round(100 * scores[key], 2) for key in expected}
    assert found == expected
    every = task.headline(answers, examples)(np.arange(len(examples)))
    assert every == pytest.approx(scores["macro_f1"])


def test_a_wrong_direction_costs_precision_and_recall():
    """Counted as an answer of no relation, it would be half as dear."""
    answers, examples = examples_and_answers([(0, 0), (0, 1)])
    assert find("relation-classification").score(answers, examples)["macro_f1"] == 0.5


def test_only_relations_among_the_labels_count():
    answers, examples = examples_and_answers([(0, 0), (18, 2), (18, 18)])
    scores = find("relation-classification").score(answers, examples)
    assert scores["macro_f1"] == 1.0
    assert scores["micro_f1"] == pytest.approx(2 / 3)


def test_no_relation_is_recognised_or_named():
    assert find_negative(("a", "no_relation")) == "no_relation"
    assert find_negative(("a", "NA")) == "NA"
    assert find_negative(("a", "b")) == find_negative(("a", "Other"), "-") == ""
    with pytest.raises(UserError, match="other is 'c', and no relation is called so"):
        find_negative(("a", "b"), "c")
    names = ("a(e1,e2)", "unrelated")
    answers, examples = examples_and_answers([(0, 0), (1, 0)], names)
    scores = find("relation-classification", {"other": "unrelated"}).score(answers, examples)
    assert scores["macro_f1"] == pytest.approx(2 / 3)
    plain = find("relation-classification").score(answers, examples)["macro_f1"]
    assert plain == pytest.approx(1 / 3)


def test_the_page_has_a_row_a_relation():
    from tfkd.data import Schema

    answers, examples = examples_and_answers(pairs_of(PUBLISHED["79.05"][0]))
    task = find("relation-classification")
    section = task.sections()["relations"]({"teacher": answers}, examples, Schema(CLASSES))
    (table,) = section["figures"]
    assert [row[0] for row in table["rows"]] == list(RELATIONS)
    _, texts, precision, recall, f1, reversed_ = table["rows"][1]
    assert (texts, reversed_) == (312, 31)
    assert [round(100 * x, 2) for x in (precision, recall, f1)] == [72.57, 66.99, 69.67]
