"""The batches of one pass: each text once, as many together as the budget of tokens allows."""

import numpy as np
import pytest

from tfkd.text import batching
from tfkd.text.batching import by_length, pad_rows

LENGTHS = np.random.default_rng(0).integers(1, 120, 90)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(batching, "TOKENS", 300)


def batches_of(lengths) -> list[list[int]]:
    return [rows.tolist() for rows in by_length(np.asarray(lengths))]


def test_each_text_once():
    """A text left out has a row of zeros for its target."""
    assert sorted(row for rows in batches_of(LENGTHS) for row in rows) == list(range(90))
    assert batches_of([]) == []


def test_no_batch_holds_more_tokens_than_the_budget():
    """A batch of long texts that takes more memory than there is."""
    for rows in batches_of(LENGTHS):
        assert max(LENGTHS[rows]) * len(rows) <= batching.TOKENS
    assert len(batches_of(LENGTHS)) < 45  # and it is used


def test_the_longest_come_first_and_alike_together():
    """Memory that does not suffice shows after an hour; half of the work is padding."""
    order = [row for rows in batches_of(LENGTHS) for row in rows]
    assert (np.diff(LENGTHS[order]) <= 0).all()


def test_a_text_beyond_the_budget_is_a_batch_of_its_own():
    """A long text that is never reached, again and again."""
    assert batches_of([5, 1_000, 7]) == [[1], [2, 0]]


def test_equal_lengths_keep_their_order():
    """Batches that differ from run to run, and with them the last bits of the targets."""
    assert batches_of([100] * 7) == [[0, 1, 2], [3, 4, 5], [6]]


def test_empty_texts():
    """A division by zero."""
    assert batches_of([0, 0, 3]) == [[2, 0, 1]]


def test_small_integers_are_not_negated_in_their_own_type():
    """Lengths in 16 bits without a sign: -1 is 65535, and the shortest text comes first."""
    assert batches_of(np.array([3, 200, 9], "uint16")) == [[1], [2, 0]]


def test_rows_of_several_names():
    """A column that is padded to another length than the ids is read beside the wrong token."""
    rows = [
        {
            "ids": [5, 6, 7],
            "kinds": [[1, 2], [3, 4], [5, 6]],
            "score": 0.5,
            "label": 1,
            "more": "x",
        },
        {"ids": np.array([8], "int64"), "kinds": [[7, 8]], "score": 1.0, "label": 0, "more": "y"},
    ]
    batch = pad_rows(rows, ("ids", "kinds", "score", "label"))
    assert batch["ids"].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert batch["kinds"].tolist() == [[[1, 2], [3, 4], [5, 6]], [[7, 8], [0, 0], [0, 0]]]
    assert {name: array.dtype.name for name, array in batch.items()} == {
        "ids": "int32",
        "kinds": "int32",
        "score": "float32",
        "label": "int32",
    }


def test_words_are_padded_with_no_place():
    """0 is the place of `[CLS]`: a label for each word of padding."""
    rows = [{"word_starts": [1, 2]}, {"word_starts": np.zeros(0, "int32")}]
    assert pad_rows(rows, ["word_starts"])["word_starts"].tolist() == [[1, 2], [-1, -1]]
    assert pad_rows(rows[1:], ["word_starts"])["word_starts"].tolist() == [[-1]]
