"""Rows of words on disk and in batches: tokens and words are two lengths of one row."""

import numpy as np
import pytest

from tfkd.data import Example, ExampleReader
from tfkd.data.encoded import Encoded
from tfkd.data.encoded_writer import encode
from tfkd.data.feeding import Feed
from tfkd.data.same_rows import find_same_rows
from tfkd.errors import UserError
from tfkd.text.batching import pad_rows
from tfkd.text.words import NO_CELL, count_units


class Rows(ExampleReader):
    """A task whose rows are written in the example."""

    inputs = ("input_ids", "word_starts", "word_ends")

    def encode(self, examples, encoder, schema):
        return [example["rows"] for example in examples]


class Cells(Rows):
    """A task with two labels a row."""

    fixed = ("labels",)


class Vocabulary:
    vocab_size = 100
    pad_id = 9


def row(words, first=0, pieces=2, **columns):
    """A row of words that are each of as many pieces, between two special tokens."""
    starts = 1 + pieces * np.arange(words)
    return {
        "input_ids": np.arange(1, 3 + pieces * words),
        "word_starts": starts,
        "word_ends": starts + pieces,
        "first_word": first,
        "labels": np.arange(words) % 3,
        **columns,
    }


def written(folder, examples, task=None) -> Encoded:
    stream = (Example(rows=rows) for rows in examples)
    return encode(stream, task or Rows(), Vocabulary(), folder)


def test_words_are_padded_with_no_word(tmp_path):
    """Padded with 0, each row has more words, which start at [CLS]."""
    found = written(tmp_path / "set", [[row(3)], [row(1)], [row(0)]])
    batch = found.batch(np.arange(3))
    assert batch["input_ids"].shape == (3, 8)
    assert batch["input_ids"][1].tolist() == [1, 2, 3, 4, 9, 9, 9, 9]
    assert batch["word_starts"].tolist() == [[1, 3, 5], [1, -1, -1], [-1, -1, -1]]
    assert batch["word_ends"].tolist() == [[3, 5, 7], [3, -1, -1], [-1, -1, -1]]
    assert found.labels.tolist() == [[0, 1, 2], [0, -100, -100], [-100, -100, -100]]
    padded = pad_rows([found.arrays(i) for i in range(3)], found.inputs, {"input_ids": 9})
    for name, array in batch.items():
        np.testing.assert_array_equal(padded[name], array)
    assert [count_units(found.arrays(i)) for i in range(3)] == [3, 1, 0]


class Targets:
    """Logits `[words, classes]` that tell their row and word, as a store gives them."""

    shapes = {"logits": (None, 2)}  # noqa: RUF012 (a toy that nobody changes)

    def __init__(self, encoded):
        self.encoded = encoded

    def __len__(self):
        return len(self.encoded)

    def __getitem__(self, rows):
        lengths = self.encoded.numbers("word_starts")[rows]
        logits = np.zeros((len(rows), max(1, lengths.max()), 2), "float16")
        for i, (n, length) in enumerate(zip(rows, lengths, strict=True)):
            logits[i, :length] = np.stack([np.full(length, n), np.arange(length)], 1)
        return {"logits": logits}


def test_labels_and_targets_of_words_have_one_width(tmp_path):
    """A batch whose labels are of 16 words and its targets of 13 is an error of shapes."""
    encoded = written(tmp_path / "set", [[row(n % 21)] for n in range(50)])
    feed = Feed(encoded, 8, seed=1, targets=Targets(encoded))
    seen = 0
    for inputs, labels in feed.dataset().as_numpy_iterator():
        starts, logits = inputs["student"]["word_starts"], inputs["targets"]["logits"]
        assert starts.shape == labels.shape == logits.shape[:2]
        assert starts.shape[1] % 16 == 0
        real = starts >= 0
        rows = logits[..., 0].max(1).astype(int)
        np.testing.assert_array_equal(real.sum(1), encoded.numbers("word_starts")[rows])
        np.testing.assert_array_equal(labels, np.where(real, logits[..., 1].astype(int) % 3, -100))
        seen += len(labels)
    assert seen == 50


def test_two_labels_a_row_and_cells_for_classes(tmp_path):
    """A cell of padding with the logit 0 is a class like others, and often the best."""
    rows = [[row(n, labels=[n - 1, 1])] for n in (3, 1, 2)]
    encoded = written(tmp_path / "set", rows, Cells())
    assert encoded.shape_of("labels") == (2,)
    targets = Targets(encoded)
    targets.shapes = {"logits": (2, None)}
    narrow = Targets.__getitem__

    class Turned(Targets):
        shapes = {"logits": (2, None)}  # noqa: RUF012 (a toy that nobody changes)

        def __getitem__(self, rows):
            return {"logits": narrow(self, rows)["logits"].transpose(0, 2, 1)}

    (batch,) = Feed(encoded, 4, seed=1, targets=Turned(encoded)).dataset().as_numpy_iterator()
    inputs, labels = batch
    assert sorted(labels.tolist()) == [[0, 1], [1, 1], [2, 1]]
    logits = inputs["targets"]["logits"]
    assert logits.shape == (3, 2, 16)
    assert (logits[:, :, 3:] == NO_CELL).all()


def test_rows_without_any_label(tmp_path):
    """A transfer set of texts alone, for a task that gives no labels then."""
    rows = [[{n: v for n, v in row(2).items() if n != "labels"}]] * 3
    (batch,) = Feed(written(tmp_path / "set", rows), 4, seed=1).dataset().as_numpy_iterator()
    assert batch[1].tolist() == [-100] * 3


WINDOWS = [[row(3)], [row(4), row(3, first=2)], [row(2)]]


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        ([[row(3, pieces=1)], [row(4, pieces=3), row(3, first=2)], [row(2)]], [1, 1, 1]),
        ([[row(3)], [row(5)], [row(2)]], [1, 0, 1]),
        ([[row(2)], [row(4), row(3, first=1)], [row(2)]], [0, 0, 1]),
    ],
)
def test_the_same_windows_by_word(tmp_path, theirs, same):
    """A teacher's window of other words beside the student's, row by row."""
    ours, theirs = written(tmp_path / "one", WINDOWS), written(tmp_path / "other", theirs)
    assert find_same_rows(ours, theirs).tolist() == [bool(each) for each in same]
    if all(same):
        assert Feed(ours, 4, seed=1, teacher=theirs).steps == 1
        return
    with pytest.raises(UserError, match=rf"{same.count(0)} of 3 texts in other windows.*no-cache"):
        Feed(ours, 4, seed=1, teacher=theirs)
