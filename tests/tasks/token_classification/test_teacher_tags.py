"""Teachers whose tags are written otherwise than the data's."""

import numpy as np
import pytest

from tfkd.data import Schema
from tfkd.errors import UserError
from tfkd.tasks.token_classification import TokenClassification
from tfkd.tasks.token_classification.entities import read_entities

OURS = ("B-LOC", "B-PER", "I-LOC", "I-PER", "O")
TASK = TokenClassification()


@pytest.mark.parametrize(
    ("theirs", "groups"),
    [
        (
            ("O", "U-PER", "B-PER", "I-PER", "L-PER", "U-LOC", "B-LOC", "I-LOC", "L-LOC"),
            [[5, 6], [1, 2], [7, 8], [3, 4], [0]],
        ),
        (
            ("B-person", "I-person", "E-person", "S-person", "B-loc", "E-loc", "S-loc", "O"),
            [[4, 6], [0, 3], [5], [1, 2], [7]],
        ),
    ],
    ids=["BILOU", "BIOES of other names"],
)
def test_finer_schemes_are_added_up(theirs, groups):
    """A word by itself that is taken as outside, or a last word as a first one."""
    found = TASK.merge(Schema(theirs), Schema(OURS))
    assert [sorted(group) for group in found] == groups


@pytest.mark.parametrize("theirs", [(), OURS, tuple(f"LABEL_{i}" for i in range(5))])
def test_iob2_and_nameless_teachers_are_not(theirs):
    assert TASK.merge(Schema(theirs), Schema(OURS)) is None
    assert TASK.align(Schema(theirs), Schema(OURS)) is None


def test_names_and_order_of_tags():
    theirs = Schema(("O", "B-person", "I-person", "B-location", "I-location"))
    assert TASK.align(theirs, Schema(OURS)) == [3, 1, 4, 2, 0]


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (("O", "PER", "LOC"), r"\(O, PER, LOC\) do not say .* where an entity begins"),
        (("O", "I-PER", "I-LOC", "B-PER"), "where an entity begins, as IO and IOB1"),
        (("O", "U-GENE", "B-GENE", "I-GENE", "L-GENE"), "the teacher's tags are O, U-GENE"),
    ],
)
def test_tags_that_cannot_be_added_up(theirs, words):
    """Soft targets that mean something else than the labels."""
    with pytest.raises(UserError, match=words):
        TASK.merge(Schema(theirs), Schema(OURS))


def test_other_types_are_no_order():
    """Positions that mean other types: all soft targets wrong, without a word."""
    theirs = Schema(("O", "B-GENE", "I-GENE", "B-DRUG", "I-DRUG"))
    with pytest.raises(UserError, match=r"write the data's tags in the order .* --teacher-labels"):
        TASK.align(theirs, Schema(OURS))


def test_exchanged_types_are_noticed():
    """A teacher without names whose people are places."""
    other = {"B-LOC": "B-PER", "I-LOC": "I-PER", "B-PER": "B-LOC", "I-PER": "I-LOC", "O": "O"}
    drawn = [["B-LOC", "I-LOC", "O", "B-PER"], ["O", "B-PER"], ["B-LOC", "O"]] * 20
    examples = [{"tokens": ["x"] * len(tags), "tags": tuple(tags)} for tags in drawn]
    for spelling, order in ((other, [1, 0, 3, 2, 4]), (dict(zip(OURS, OURS, strict=True)), None)):
        answers = [
            read_entities([spelling[tag] for tag in tags], np.ones(len(tags))) for tags in drawn
        ]
        assert TASK.find_order(answers, examples, Schema(OURS)) == order
    assert TASK.find_order([], [], Schema(OURS)) is None
