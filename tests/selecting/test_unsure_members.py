"""Within a cluster the text is taken that the student is least sure of."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from tfkd import UserError, select, tasks
from tfkd.selecting import unsure_members
from tfkd.selecting.farthest_first import Spread, spread_out
from tfkd.tasks.text_classification import Prediction


class Student:
    """Is sure of a text by the number in it."""

    path = "student.tflite"

    def __init__(self, task="text-classification"):
        self.task = tasks.find(task)
        self.asked = []

    def predict(self, texts):
        self.asked += texts
        sure = [0.5 + int(text.split()[-1]) / 1000 for text in texts]
        return [Prediction("a", p, {"a": p, "b": 1 - p}) for p in sure]


@pytest.fixture
def rows(tmp_path):
    """Five topics of forty texts, numbered from 499 down."""
    path = tmp_path / "texts.jsonl"
    found = [f"topic{i % 5} word{i % 5} more{i % 5} {499 - i}" for i in range(200)]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in found))
    return path


def test_the_least_sure_of_each_cluster_is_taken(rows, monkeypatch):
    """And of few texts of each cluster the student is asked."""
    student = Student()
    monkeypatch.setattr("tfkd.selecting._select.open_file", lambda *given: student)
    to = rows.with_name("chosen.jsonl")
    found = select(rows, n=5, to=to, audit=0, student="student.tflite", near=0.99)
    chosen = [json.loads(line)["text"] for line in to.read_text().splitlines()]
    assert found.chosen == len({text.split()[0] for text in chosen}) == 5
    assert len(student.asked) == 5 * unsure_members.MEMBERS
    for text in chosen:
        topic = [each for each in student.asked if each.split()[0] == text.split()[0]]
        assert int(text.split()[-1]) == min(int(each.split()[-1]) for each in topic)


def test_ties_and_texts_that_are_near_each_other():
    vectors = np.array([[1, 0], [0.8, 0.6], [0.75, 0.66], [0, 1], [0.6, 0.8]], "float32")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    spread = Spread.of(vectors, np.ones(5, bool))
    spread.add_known(np.array([], int))
    clusters = [np.array([0, 1]), np.array([3, 2, 4])]
    margins = {0: 0.9, 1: 0.1, 3: 0.8, 2: 0.2, 4: 0.8}
    assert unsure_members.choose_unsure(spread, clusters, margins, 0.99)[0] == [1, 3]
    assert unsure_members.choose_unsure(spread, clusters, margins, 1.1) == ([1, 2], 0)
    equal = dict.fromkeys(margins, 0.5)
    assert unsure_members.choose_unsure(spread, clusters, equal, 1.1) == ([0, 3], 2)


def test_clusters_hold_what_may_be_chosen():
    vectors = np.repeat(np.eye(3, dtype="float32"), 50, axis=0)
    open_ = np.arange(150) % 2 == 0
    spread = Spread.of(vectors, open_)
    rng = np.random.default_rng(0)
    spread_out(spread, 3, near=0.99, rng=rng, advance=lambda done: None)
    clusters = unsure_members.draw_members(spread, rng)
    assert [members[0] for members in clusters] == spread.chosen
    for members in clusters:
        assert len(set(members.tolist())) == unsure_members.MEMBERS
        assert set((members // 50).tolist()) == {members[0] // 50}
        assert not (members % 2).any()


def test_a_task_without_confidence_is_refused():
    student = Student("sentence-similarity")
    with pytest.raises(UserError, match="has no confidence in its answers: leave --student out"):
        unsure_members.margin_of(student, SimpleNamespace())
