"""Splits cut by a hash of the text."""

import json
import random
from collections import Counter

import pytest

from tfkd.data import open_data
from tfkd.data.splits import BUCKETS, bucket, validation_share
from tfkd.errors import UserError

TEXTS = [(f"review number {i}", i % 2) for i in range(1000)]


def write(path, rows):
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def texts(data):
    return {split: [e.text for e in data.read(split)] for split in data.counts}


def test_the_cut_does_not_depend_on_the_order(tmp_path):
    """Shuffling the file must not move test texts into train."""
    rows = TEXTS[:]
    one = texts(open_data(write(tmp_path / "a.jsonl", rows)))
    random.Random(1).shuffle(rows)
    two = texts(open_data(write(tmp_path / "b.jsonl", rows)))
    assert {k: set(v) for k, v in one.items()} == {k: set(v) for k, v in two.items()}
    assert [t for t, _ in rows if t in set(two["train"])] == two["train"]


def test_each_row_is_in_one_split_and_counted(tmp_path):
    """No row lost, none twice, and `counts` is what `read` yields."""
    data = open_data(write(tmp_path / "a.jsonl", TEXTS))
    splits = texts(data)
    assert data.counts == {split: len(each) for split, each in splits.items()}
    assert sorted(text for each in splits.values() for text in each) == sorted(
        text for text, _ in TEXTS
    )
    assert 160 < data.counts["test"] < 240
    assert 30 < data.counts["validation"] < 75


def test_the_seed_makes_another_cut(tmp_path):
    """A seed without effect would make repeated runs look alike."""
    path = write(tmp_path / "a.jsonl", TEXTS)
    cuts = [set(texts(open_data(path, seed=seed))["test"]) for seed in (0, 0, 1)]
    assert cuts[0] == cuts[1] != cuts[2]


def test_equal_texts_stay_together(tmp_path):
    """A duplicate on both sides of the cut is a leak, also under two labels."""
    rows = [(text, label) for text, _ in TEXTS[:100] for label in (0, 1, 1)]
    splits = texts(open_data(write(tmp_path / "a.jsonl", rows)))
    assert not set(splits["train"]) & (set(splits["test"]) | set(splits["validation"]))
    assert not set(splits["test"]) & set(splits["validation"])
    assert all(set(Counter(each).values()) == {3} for each in splits.values())


def test_rare_classes_stay_in_train(tmp_path):
    """A class whose only rows are cut away could never be learnt."""
    rows = [(f"rare {i}", f"class {i // 2}") for i in range(100)]
    data = open_data(write(tmp_path / "a.jsonl", rows))
    assert len({e.label for e in data.read("train")}) == len(data.labels) == 50
    assert min(data.counts.values()) > 0


@pytest.mark.parametrize("seed", range(30))
def test_the_smallest_data(tmp_path, seed):
    """With 20 rows a hash may well leave a split empty; then the score is 0 / 0."""
    counts = open_data(write(tmp_path / "a.jsonl", TEXTS[:20]), seed=seed).counts
    assert min(counts.values()) > 0
    assert sum(counts.values()) == 20


def test_too_few_rows(tmp_path):
    """The message says how many are there and how many are needed."""
    with pytest.raises(UserError, match=r"a.jsonl has 19 labelled rows.*at least 20"):
        open_data(write(tmp_path / "a.jsonl", TEXTS[:19]))


def test_too_few_texts(tmp_path):
    """All alike, they cannot be told apart by a hash."""
    with pytest.raises(UserError, match="too few different texts"):
        open_data(write(tmp_path / "a.jsonl", [("same", i % 2) for i in range(50)]))


def test_only_what_is_missing_is_cut(tmp_path):
    """A given test split is used as it is, and train gives up validation alone."""
    train, test = write(tmp_path / "a.jsonl", TEXTS), write(tmp_path / "b.jsonl", TEXTS[:10])
    data = open_data(train, test=test)
    assert data.counts["test"] == 10
    assert data.counts["train"] + data.counts["validation"] == 1000
    both = open_data(train, test=test, validation=test)
    assert both.counts == {"train": 1000, "validation": 10, "test": 10}


def test_shares():
    """At least 50 rows where possible, never more than a fifth nor than 2,500."""
    assert [round(n * validation_share(n)) for n in (20, 400, 25_000, 10**6)] == [4, 50, 1250, 2500]


def test_buckets_are_even():
    """A lopsided hash would cut more or less than it says."""
    tenths = Counter(bucket(f"text {i}", 3) * 10 // BUCKETS for i in range(10_000))
    assert set(tenths) == set(range(10))
    assert max(abs(n - 1000) for n in tenths.values()) < 150
