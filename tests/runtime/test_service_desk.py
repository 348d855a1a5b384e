"""A service desk's replies: what is given, what is refused, which answers are found."""

import json
import types

import numpy as np
import pytest

from tfkd.errors import UserError
from tfkd.runtime import Index, ServiceDesk
from tfkd.runtime.service_desk import DESK, read_desk
from tfkd.runtime.unsure_answers import ask_below
from tfkd.tasks.text_classification import Prediction, TextClassification

INTENTS = {"where is it": ("track", 0.9), "hm": ("track", 0.4), "who won": ("oos", 0.95)}
VECTORS = {"where is it": (1.0, 0.0), "hm": (0.6, 0.8), "who won": (0.0, 1.0)}
ANSWERS = ["it is near", "it is far", "it is near", "it is lost"]


def predictor(**methods):
    return types.SimpleNamespace(task=TextClassification(), path="a file", digest="one", **methods)


@pytest.fixture
def desk():
    """A desk of stand-ins for both files, whose answers are known."""

    def intents(texts):
        answers = [Prediction(*INTENTS[text], dict([INTENTS[text]])) for text in texts]
        return ask_below(answers, TextClassification(), 0.5)

    vectors = [[1.0, 0.0], [0.8, 0.6], [0.9, 0.1], [0.0, 1.0]]
    return ServiceDesk(
        predictor(predict=intents),
        predictor(embed=lambda texts: np.array([VECTORS[text] for text in texts], "float32")),
        index=Index(vectors, ANSWERS, model="one"),
        unknown=["oos"],
    )


def test_an_intent_is_given_if_it_is_known_and_sure(desk):
    """The class of the unknown as an intent, or one that hardly anything speaks for."""
    replies = desk.reply_all(list(INTENTS))
    assert [(each.intent, each.known) for each in replies] == [
        *(("track", True), ("track", False), ("oos", False)),
    ]
    assert replies[1].confidence == 0.4


def test_the_best_answers_each_once(desk):
    """The same answer three times, because three questions had it; the nearest one last."""
    found = desk.reply("where is it", 2).answers
    assert [each.text for each in found] == ["it is near", "it is far"]
    assert [each.similarity for each in found] == pytest.approx([1.0, 0.8])
    assert [each.text for each in desk.reply("who won").answers] == [
        *("it is lost", "it is far", "it is near"),
    ]
    assert len(desk.reply("hm", 9).answers) == 3
    with pytest.raises(UserError, match="0 answers are wanted"):
        desk.reply("hm", 0)


def test_an_index_of_another_file_is_refused(desk):
    """Answers by chance."""
    other = Index(np.eye(2), ["a", "b"], model="two")
    with pytest.raises(UserError, match="the index was made with the file two"):
        ServiceDesk(desk.intents, desk.answers, index=other)


def test_the_time_of_a_reply_is_a_median(desk):
    """The first search, which is slower than all others."""
    seconds = desk.latency(list(INTENTS), repeats=2)
    assert seconds.shape == (3,)
    assert (seconds > 0).all()


WHOLE = {"format": 1, "intents": "a", "answers": "b", "index": "c", "unknown": []}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "is no service desk: it has no desk.json"),
        ({"parts.toml": ""}, "is not finished: give the command that began it once more"),
        ({DESK: "{"}, "damaged, or of another version"),
        ({DESK: "[" * 100_000 + "]" * 100_000}, "damaged, or of another version"),
        ({DESK: json.dumps(WHOLE | {"format": 2})}, "damaged, or of another version"),
        ({DESK: json.dumps(WHOLE | {"unknown": "oos"})}, "damaged, or of another version"),
        ({DESK: json.dumps(WHOLE), "a": "", "c": ""}, "has no b: make it again"),
        ({DESK: json.dumps(WHOLE | {"index": "../c"}), "a": "", "b": ""}, "damaged"),
    ],
)
def test_folders_that_are_no_desk(files, words, tmp_path):
    """A page that fails at the first question."""
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=words):
        read_desk(tmp_path)


def test_an_answer_of_many_questions_does_not_hide_others(desk):
    """Twenty questions with one answer: the only one of three that was given."""
    vectors = [[1.0, 0.001 * i] for i in range(20)] + [[0.8, 0.6], [0.0, 1.0]]
    desk.index = Index(vectors, ["it is near"] * 20 + ["it is far", "it is lost"], model="one")
    found = [each.text for each in desk.reply("where is it", 3).answers]
    assert found == ["it is near", "it is far", "it is lost"]
