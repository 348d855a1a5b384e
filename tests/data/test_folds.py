"""Folds of the training split: each text is tested once, equal texts together, classes evenly."""

import json
from collections import Counter

import pytest

from tfkd import UserError
from tfkd.data import open_data
from tfkd.data.folds import parse_fold


@pytest.fixture
def table(tmp_path):
    """Write rows of `(text, label)`; returns the file."""

    def write(rows, name="data.jsonl"):
        lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
        return tmp_path / name

    return write


def texts(data, split):
    return [example["text"] for example in data.read(split)]


ROWS = [(f"text {n}", ("a", "b", "c")[0 if n % 10 < 7 else n % 2 + 1]) for n in range(200)]


def test_each_text_is_tested_once(table):
    """A score on texts that were trained on, or of a part of the texts alone."""
    file, tested = table(ROWS), Counter()
    for number in range(1, 6):
        data = open_data(file, fold=f"{number}/5")
        test, rest = texts(data, "test"), [*texts(data, "train"), *texts(data, "validation")]
        tested.update(test)
        assert not set(test) & set(rest)
        assert len(test) + len(rest) == 200
        counts = {split: len(texts(data, split)) for split in ("train", "validation", "test")}
        assert counts == data.counts
        assert counts["test"] == pytest.approx(40, abs=2)
    assert set(tested.values()) == {1}
    assert len(tested) == 200


def test_classes_are_spread_evenly(table):
    """A fold in which a class is missing."""
    shares = Counter(label for _, label in ROWS)
    for number in range(1, 6):
        data = open_data(table(ROWS), fold=f"{number}/5")
        found = Counter(data.labels[example["label"]] for example in data.read("test"))
        for label, count in shares.items():
            assert found[label] == pytest.approx(count / 5, abs=1)


def test_equal_texts_stay_together_whatever_their_order(table):
    """A text of the test split that was learnt by heart."""
    rows = [(f"text {n % 60}", "ab"[n % 2]) for n in range(180)]
    first = open_data(table(rows), fold="2/3")
    again = open_data(table(rows[::-1], "again.jsonl"), fold="2/3")
    assert sorted(texts(first, "test")) == sorted(texts(again, "test"))
    assert not set(texts(first, "test")) & set(texts(first, "train"))
    other = open_data(table(rows), fold="2/3", seed=1)
    assert set(texts(other, "test")) != set(texts(first, "test"))


def test_the_only_text_of_a_class_is_trained_on(table):
    """A class that nobody can know."""
    rows = [*ROWS, ("the only one", "d")]
    for number in range(1, 4):
        data = open_data(table(rows), fold=f"{number}/3")
        assert "the only one" in texts(data, "train")
        assert data.labels == ("a", "b", "c", "d")


def test_a_validation_file_stays_one(table):
    """A validation split that is cut although there is one."""
    given = table([(f"other {n}", "ab"[n % 2]) for n in range(30)], "validation.jsonl")
    data = open_data(table(ROWS), fold="1/4", validation=given)
    assert data.counts["validation"] == 30
    assert data.counts["train"] + data.counts["test"] == 200


def test_a_test_split_of_the_data_is_not_used():
    """Texts that are tested in every fold."""
    data = open_data("sample", size=100, fold="1/5")
    assert data.counts["train"] + data.counts["test"] == 100
    assert data.counts["validation"] == open_data("sample", size=100).counts["validation"]


@pytest.mark.parametrize("written", ["0/5", "6/5", "1/1", "2", "a/b", "1/101"])
def test_no_fold(written):
    """A fold that does not exist."""
    with pytest.raises(UserError, match="write 1/5 to 5/5"):
        parse_fold(written)


def test_too_few_texts(table):
    """Folds of one text each, or none."""
    with pytest.raises(UserError, match="19 labelled rows of 19 different texts; 5 folds need"):
        open_data(table(ROWS[:19]), fold="1/5")
    with pytest.raises(UserError, match="40 labelled rows of 4 different texts"):
        open_data(table([(f"text {n % 4}", "ab"[n % 2]) for n in range(40)]), fold="1/5")
    with pytest.raises(UserError, match="folds of train are the test splits: leave it out"):
        open_data(table(ROWS), test=table(ROWS, "test.jsonl"), fold="1/5")
