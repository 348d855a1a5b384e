"""Token ids on disk: what is read back is what was written, for any number of texts."""

import tracemalloc

import numpy as np
import pytest

from tfkd.data import Example, ExampleReader
from tfkd.data.encoded import CHUNK, Encoded
from tfkd.data.encoded_writer import encode
from tfkd.errors import UserError
from tfkd.text import learn

TEXTS = ["a good film", "a bad film, and not a good one", "", "good " * 100]
EXAMPLES = [
    Example(text=text, label=label) for text, label in zip(TEXTS, (1, 0, -100, 1), strict=True)
]
READER = ExampleReader()


@pytest.fixture(scope="module")
def encoder():
    return learn([" ".join(TEXTS)] * 9, vocab_size=60, max_length=20)


class Words:
    """An encoder whose ids are the numbers in the text."""

    def __init__(self, vocab_size):
        self.vocab_size = vocab_size

    def encode_many(self, texts):
        return [[int(word) for word in text.split()] for text in texts]


def test_ids_lengths_and_labels_come_back(tmp_path, encoder):
    """One offset wrong and every text after it is another text under the same label."""
    found = encode(EXAMPLES, READER, encoder, tmp_path / "set")
    expected = encoder.encode_many(TEXTS)
    assert len(found) == 4
    assert found.labels.tolist() == [1, 0, -100, 1]
    assert found.lengths.tolist() == [len(ids) for ids in expected]
    for rows in ([0, 1, 2, 3], [3, 0], [2]):
        batch = found[np.array(rows)]
        assert batch.shape == (len(rows), max(len(expected[row]) for row in rows))
        for row, ids in zip(rows, batch, strict=True):
            assert [*expected[row], *[0] * (len(ids) - len(expected[row]))] == ids.tolist()


def test_texts_of_several_chunks_follow_each_other(tmp_path):
    """The ends of the second chunk count from the ids of the first."""
    count = 2 * CHUNK + 3
    texts = [
        Example(text=" ".join([str(i % 500 + 1)] * (i % 3 + 1)), label=i % 5) for i in range(count)
    ]
    found = encode(iter(texts), READER, Words(600), tmp_path / "set")
    rows = np.arange(count)
    first = found[rows]
    assert (first[:, 0] == rows % 500 + 1).all()
    assert ((first > 0).sum(axis=1) == rows % 3 + 1).all()
    assert (found.labels == rows % 5).all()


@pytest.mark.parametrize(
    ("vocab_size", "dtype"), [(2**16 - 1, "uint16"), (2**16 + 1, "int32"), (200_000, "int32")]
)
def test_the_greatest_id_is_kept(tmp_path, vocab_size, dtype):
    """In 16 bits the id 65536 is 0, which is padding."""
    text = f"1 {vocab_size - 1} 7"
    found = encode([Example(text=text, label=0)], READER, Words(vocab_size), tmp_path / "set")
    assert found.facts["columns"]["input_ids"] == dtype
    ids = found[np.array([0])]
    assert ids.tolist() == [[1, vocab_size - 1, 7]]
    assert ids.dtype == "int32"


def test_a_split_without_texts(tmp_path, encoder):
    """No unlabelled texts is no error."""
    encode([], READER, encoder, tmp_path / "set")
    found = Encoded(tmp_path / "set")
    assert len(found) == 0
    assert found.labels.shape == found.lengths.shape == (0,)
    assert found[np.array([], int)].shape[0] == 0


def test_an_interrupted_write_has_no_name(tmp_path, encoder):
    """Half of the texts under the final name would be taken for all of them."""

    def interrupted():
        yield from EXAMPLES * CHUNK
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode(interrupted(), READER, encoder, tmp_path / "set")
    assert not (tmp_path / "set").exists()
    found = encode(EXAMPLES, READER, encoder, tmp_path / "set")
    assert len(found) == len(EXAMPLES)
    assert [each.name for each in tmp_path.iterdir()] == ["set"]


def test_what_is_whole_is_opened_as_it_is(tmp_path, encoder):
    """A resumed run does not tokenise 75,000 texts again."""
    encode(EXAMPLES, READER, encoder, tmp_path / "set")
    again = encode(iter(()), READER, encoder, tmp_path / "set")
    assert again.labels.tolist() == [1, 0, -100, 1]


def test_as_if_only_some_had_a_label(tmp_path):
    """The same few labels in every run of a seed; the texts stay, and the other object too."""
    texts = [Example(text=str(i + 1), label=-100 if i % 4 == 0 else i % 3) for i in range(80)]
    found = encode(texts, READER, Words(100), tmp_path / "set")
    few = found.with_labels(10, seed=3)
    kept = np.flatnonzero(few.labels >= 0)
    assert len(few) == 80
    assert len(kept) == 10
    np.testing.assert_array_equal(few.labels[kept], found.labels[kept])
    np.testing.assert_array_equal(few[np.arange(80)], found[np.arange(80)])
    np.testing.assert_array_equal(few.labels, found.with_labels(10, seed=3).labels)
    assert (few.labels != found.with_labels(10, seed=4).labels).any()
    for all_of_them in (0, 60, 99):
        assert (found.with_labels(all_of_them, seed=3).labels >= 0).sum() == 60


def test_advance_counts_every_text(tmp_path, encoder):
    """A bar that ends at 80 % looks like lost texts."""
    told = []
    encode(EXAMPLES * CHUNK, READER, encoder, tmp_path / "set", advance=told.append)
    assert told == [CHUNK] * 4


def peak(folder, count: int) -> int:
    """Bytes that encoding and opening `count` short texts took at most."""
    texts = (Example(text="1 2 3 4 5 6 7 8", label=i % 2) for i in range(count))
    tracemalloc.start()
    found = encode(texts, READER, Words(100), folder)
    found[np.arange(10)]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_texts(tmp_path):
    """16 bytes a text (ends, lengths, labels); the ids stay on disk."""
    peak(tmp_path / "warm", 10)
    few, many = peak(tmp_path / "few", 2_000), peak(tmp_path / "many", 40_000)
    assert many - few < 16 * 38_000 + 200_000


class Given(ExampleReader):
    """A task whose rows are written in the example."""

    def encode(self, examples, encoder, schema):
        return [example["rows"] for example in examples]


def rows_of(*labels):
    return Example(rows=[{"input_ids": [5], "labels": label} for label in labels])


@pytest.mark.parametrize(
    ("late", "says"),
    [
        (rows_of(2.5), "and then fractions"),
        (rows_of(2**40), "beyond 32 bits"),
        (rows_of(), "no row for an example"),
        (Example(rows=[{"input_ids": [5]}]), "all rows the same names"),
        (Example(rows=[{"input_ids": [5], "labels": 1, "more": 2}]), "all rows the same names"),
    ],
)
def test_rows_that_change_late_are_refused(tmp_path, late, says):
    """2.5 in a column of whole numbers is 2, and a row that is missing shifts all after it."""
    examples = [rows_of(1)] * CHUNK + [late, rows_of(1, 1)]
    with pytest.raises(UserError, match=says):
        encode(examples, Given(), Words(100), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_fractions_and_several_rows_come_back(tmp_path):
    """Numbers stay what they were, and each row knows its example."""
    examples = [rows_of(0.5, 2), rows_of(1), rows_of(3.25, 4.0, 5.5)]
    found = encode(examples, Given(), Words(100), tmp_path / "set")
    assert found.labels.tolist() == [0.5, 2.0, 1.0, 3.25, 4.0, 5.5]
    assert [list(found.rows_of(i)) for i in range(found.examples)] == [[0, 1], [2], [3, 4, 5]]
    assert found.dtype_of("labels") == "float32"
