"""A teacher's outputs for the windows of a student that cuts texts otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from tfkd import store
from tfkd.data import Example, Schema
from tfkd.data.encoded_writer import encode
from tfkd.data.feeding import Feed
from tfkd.errors import UserError
from tfkd.running.stored_outputs import Targets, check_outputs_for_rows
from tfkd.running.targets import open_outputs
from tfkd.tasks import Task
from tfkd.tasks.windows import join_windows
from tfkd.text import learn
from tfkd.text.words import Words

TAGS = ("O", "NAME", "PLACE")


class Tags(Task):
    """A label for each word of a sentence."""

    inputs = ("input_ids", "word_starts")
    features = "words"

    def encode(self, examples, encoder, schema):
        found = encoder.encode_words([Words(tuple(each["words"])) for each in examples])
        for rows in found:
            for row in rows:
                row["labels"] = [0] * len(row["word_starts"])
        return found

    def output_shapes(self, schema):
        return {"logits": (None, len(TAGS))}


class Pieces(Task):
    """A task of texts in parts, that knows no words."""

    def encode(self, examples, encoder, schema):
        (parts,) = [encoder.max_length // 16]
        return [[{"input_ids": [3], "labels": 1}] * parts for _ in examples]


def teacher(inputs, reads=("logits",)):
    """Logits that depend on a word's piece, on its neighbours and on its place in the window."""
    ids, starts = (np.asarray(inputs[name]) for name in ("input_ids", "word_starts"))
    around = ids + 0.1 * np.pad(ids, ((0, 0), (1, 0)))[:, :-1] + 0.01 * np.arange(ids.shape[1])
    values = np.take_along_axis(around, np.maximum(starts, 0), 1)
    return {"logits": np.sin(values[..., None] * [0.1, 0.7, 1.3]).astype("float32")}


teacher.fingerprint = "tags"
teacher.jit = False


@pytest.fixture(scope="module")
def sentences():
    """Most are one window for both; some are for neither."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefgh"), rng.integers(1, 8))) for _ in range(200)]
    lengths = [3, 9, 1, 120, 5, 40, 7, 26, 2, 4, 70, 6]
    return [Example(words=[*rng.choice(words, n)]) for n in lengths]


@pytest.fixture(scope="module")
def both(sentences, tmp_path_factory):
    """The rows of a student of 32 tokens and of a teacher of 64, and the teacher's outputs."""
    folder = tmp_path_factory.mktemp("both")
    texts = [" ".join(each["words"]) for each in sentences]
    small = learn(texts, vocab_size=40, max_length=32)
    large = learn(texts * 3, vocab_size=200, max_length=64)
    student, theirs = (
        encode(sentences, Tags(), encoder, folder / name, schema=Schema(TAGS))
        for encoder, name in ((small, "student"), (large, "teacher"))
    )
    store.write(folder / "store", teacher, theirs, dtype="float32", verbose=0)
    outputs = open_outputs(folder / "store", theirs, {})
    return student, theirs, outputs


def test_word_for_word_the_joined_distribution(both, sentences):
    """The outputs of a teacher's second window for the student's second window, of other words."""
    student, theirs, outputs = both
    assert len(student) > len(theirs) > len(sentences)
    targets = Targets(outputs, student, Tags())
    for example, sentence in enumerate(sentences):
        rows = [theirs.arrays(row) for row in theirs.rows_of(example)]
        live = [teacher({name: np.array([row[name]]) for name in Tags.inputs}) for row in rows]
        joined = join_windows(rows, [{"logits": each["logits"][0]} for each in live], "logits")
        assert len(joined) == len(sentence["words"])
        places = np.array(student.rows_of(example))
        for place, found in zip(places, targets.each(places), strict=True):
            first, count = (student.numbers(n)[place] for n in ("first_word", "word_starts"))
            np.testing.assert_allclose(
                found["logits"], joined[first : first + count], rtol=1e-6, atol=1e-7
            )


@pytest.mark.parametrize("kept", [0, 64 << 20])
def test_batches_of_windows_and_of_whole_sentences(both, kept, monkeypatch):
    """Looked up or put together, padded as the student's words are."""
    monkeypatch.setattr("tfkd.running.stored_outputs.KEPT", kept)
    student, _, outputs = both
    targets = Targets(outputs, student, Tags())
    each = targets.each(np.arange(len(student)))
    for _ in range(2):
        rows = 0
        for inputs, labels in Feed(student, 4, seed=1, targets=targets).batches():
            logits = inputs["targets"]["logits"]
            assert logits.shape[:2] == labels.shape == inputs["student"]["word_starts"].shape
            for ids, given, label in zip(
                inputs["student"]["input_ids"], logits, labels, strict=True
            ):
                count = (label >= 0).sum()
                assert any(
                    np.array_equal(given[:count], one["logits"])
                    and np.array_equal(ids[: len(student.row(i))], student.row(i))
                    for i, one in enumerate(each)
                )
                assert (given[count:] == 0).all()
                rows += 1
        assert rows == len(student)


def test_the_classes_are_in_the_order_of_the_data(both):
    """Tags of a teacher in the order of its own names; and of two heads each in its own."""
    student, theirs, outputs = both
    plain = Targets(outputs, student, Tags())
    for order in ([2, 0, 1], {"logits": [2, 0, 1]}):
        turned = open_outputs(outputs._store.path, theirs, {}, order=order)
        found = Targets(turned, student, Tags())
        for rows in (np.arange(len(student)), np.array([0])):
            expected = plain[rows]["logits"][..., [2, 0, 1]]
            np.testing.assert_array_equal(found[rows]["logits"], expected)


def test_rows_of_no_words_must_be_as_many(tmp_path, both):
    """A target of the row beside it, said before anything is computed."""

    class Length:
        vocab_size = 9

        def __init__(self, max_length):
            self.max_length = max_length

    two, four = (
        encode([Example(text="a")] * 3, Pieces(), Length(n), tmp_path / str(n)) for n in (32, 64)
    )
    check_outputs_for_rows(two, two, Pieces(), {"logits": (2,)})
    with pytest.raises(UserError, match=r"in 4 rows and its student in 2.*--max-length"):
        check_outputs_for_rows(two, four, Pieces(), {"logits": (2,)})


def test_outputs_of_other_shapes_are_refused(both):
    """A task that forgets to cut what it joined: words of one window beside those of another."""

    class Forgets(Tags):
        def outputs_for_rows(self, rows, teacher_rows, outputs):
            return [{"logits": join_windows(teacher_rows, outputs, "logits")} for _ in rows]

    student, _, outputs = both
    with pytest.raises(UserError, match="Forgets gave outputs of other shapes"):
        Targets(outputs, student, Forgets())
