"""What an answer counts for, where the rates of classes are watched."""

import pytest

from tfkd import tasks
from tfkd.data import Schema
from tfkd.tasks.multi_label_classification.answering import LabelSet
from tfkd.tasks.text_classification import Prediction
from tfkd.tasks.token_classification.entities import Entities, Entity

TAGS = Schema(("O", "B-PER", "I-PER", "B-LOC"))
TONE = Prediction("bad", 1.0, {})
NAMES = Entities((Entity("PER", 0, 1, "", 1.0, (0, 1)), Entity("PER", 2, 3, "", 1.0, (2, 3))))


@pytest.mark.parametrize(
    ("name", "schema", "answer", "classes", "counted"),
    [
        ("text-classification", Schema(("bad", "good")), TONE, ("bad", "good"), ("bad",)),
        (
            "multi-label-classification",
            Schema(("joy", "fear", "awe")),
            LabelSet(("joy", "awe"), {}),
            ("joy", "fear", "awe"),
            ("joy", "awe"),
        ),
        ("token-classification", TAGS, NAMES, ("LOC", "PER"), ("PER",)),
        ("text-regression", Schema(), None, (), None),
    ],
)
def test_answers_count_for_classes(name, schema, answer, classes, counted):
    """A rate of the string "joy, awe", or of the tag I-PER."""
    task = tasks.find(name)
    assert task.countable(schema) == classes
    if counted is not None:
        assert task.counted(answer) == counted


def test_several_heads_count_each_for_itself():
    """The class `bad` of two heads."""
    joint = tasks.find("tone=text-classification+style=text-classification")
    answer = {"tone": TONE, "style": Prediction("good", 1.0, {})}
    assert joint.counted(answer) == ("tone.bad", "style.good")
