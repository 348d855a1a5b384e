"""Whatever a user calls a dataset: each example once, as the teacher is to see it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from store_toys import features, texts

from tfkd.data import Example, ExampleReader
from tfkd.data.encoded_writer import encode
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.store import example_stream as module
from tfkd.store.example_stream import ExampleStream, as_inputs
from tfkd.text import learn

X, TEXTS = features(10), texts(10)
Y = np.arange(10)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 4)


@pytest.fixture(scope="module")
def text_model():
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    x = keras.layers.GlobalMaxPooling1D()(keras.layers.Embedding(60, 4)(ids))
    encoder = learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=12)
    return TextModel(keras.Model({"input_ids": ids}, keras.layers.Dense(2)(x)), encoder)


def read(dataset, teacher=None):
    source = ExampleStream(dataset, teacher)
    return [each for chunk in source.chunks() for each in chunk], source


def batched(*tensors, size=3):
    """A `tf.data.Dataset` of batches; of one tensor or of a tuple."""
    given = tensors if len(tensors) > 1 else tensors[0]
    return tf.data.Dataset.from_tensor_slices(given).batch(size)


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: X,
        lambda: [X[:7], X[7:]],
        lambda: [(X[:7], Y[:7]), (X[7:], Y[7:], Y[7:])],
        lambda: batched(X),
        lambda: batched(X, Y),
        lambda: batched(X, Y, Y),
        lambda: batched(X).map(lambda x: (x, None)),
        lambda: batched({"student": TEXTS["input_ids"], "teacher": X}, Y),
        lambda: {"student": TEXTS["input_ids"], "teacher": X},
        lambda: (X[i : i + 3] for i in range(0, 10, 3)),
        lambda: lambda: iter([tf.constant(X)]),
    ],
    ids=[
        *("array", "list", "tuples", "tensors", "labels", "weights", "no labels"),
        *("student and teacher", "both as arrays", "generator", "function"),
    ],
)
def test_features_in_every_wrapping(dataset):
    """Labels taken for inputs, or the student's inputs for the teacher's."""
    found, source = read(dataset())
    np.testing.assert_array_equal([each["x"] for each in found], X)
    assert source.form is object
    assert as_inputs(source.form, {"x": X}) is X
    assert source.count in (10, None)


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: TEXTS,
        lambda: [TEXTS],
        lambda: batched(TEXTS),
        lambda: batched(TEXTS, Y),
        lambda: {"student": X, "teacher": TEXTS},
        lambda: batched({"student": X, "teacher": TEXTS}, Y),
    ],
    ids=["arrays", "list", "tensors", "labels", "nested arrays", "student and teacher"],
)
def test_named_inputs(dataset):
    """A dict of arrays, as `fit` takes it, cut between its names."""
    found, source = read(dataset())
    lengths = TEXTS["attention_mask"].sum(1)
    assert [each["input_ids"].tolist() for each in found] == [
        ids[:length].tolist() for ids, length in zip(TEXTS["input_ids"], lengths, strict=True)
    ]
    assert all(each["attention_mask"].all() for each in found)
    assert source.form is dict
    assert source.count in (10, None)


def test_a_model_of_two_inputs():
    """A pair of inputs: the second one taken for the labels."""
    found, source = read(batched((X, -X), Y))
    np.testing.assert_array_equal([each["x1"] for each in found], -X)
    assert source.form is tuple
    one, two = as_inputs(source.form, {"x0": X, "x1": -X})
    assert (one is X) & (two[0, 0] == -X[0, 0])


def test_texts_for_a_teacher_with_a_tokenizer(text_model):
    """Keys of the text where the student's side knows ids only: nothing is ever found."""
    words = [" ".join(["good"] * (i + 1)) for i in range(10)]
    expected = [{"ids": ids} for ids in text_model.encoder.encode_many(words)]
    for dataset in (words, tuple(words), lambda: iter(words), (each for each in words)):
        found, source = read(dataset, text_model)
        assert [{"ids": each["ids"].tolist()} for each in found] == expected
        assert source.count in (10, None)
    plain, _ = read(words)
    assert plain == [{"text": each} for each in words]


def test_tensors_of_texts_for_a_teacher_with_a_tokenizer(text_model):
    """A page of traceback that ends in KeyError: 'ids'."""
    for dataset in (batched(["a film"]), np.array(["a film"]), batched({"text": ["a film"]}, [1])):
        with pytest.raises(UserError, match="give a list of texts, or batches of ids"):
            read(dataset, text_model)


def test_encoded_texts(tmp_path):
    """The texts of a run, which lie on disk."""

    class Words:
        vocab_size = 100

        def encode_many(self, texts):
            return [[int(word) for word in text.split()] for text in texts]

    encoded = encode(
        [Example(text="7 8 9", label=0), Example(text="5", label=1)],
        ExampleReader(),
        Words(),
        tmp_path / "set",
    )
    found, source = read(encoded)
    assert [each["ids"].tolist() for each in found] == [[7, 8, 9], [5]]
    assert source.count == 2


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: tf.data.Dataset.from_tensor_slices(X),
        lambda: tf.data.Dataset.from_tensor_slices((X, Y)),
        lambda: tf.data.Dataset.from_tensor_slices(TEXTS),
        lambda: tf.data.Dataset.from_tensor_slices((TEXTS, Y)),
        lambda: tf.data.Dataset.from_tensor_slices(["a film", "a good film"]),
        lambda: tf.data.Dataset.from_tensor_slices({"text": ["a film", "a good film"]}),
        lambda: (X, Y),
    ],
    ids=["features", "labelled", "texts", "labelled texts", "strings", "named", "x and y"],
)
def test_single_examples_are_refused(dataset):
    """Each feature of a row taken for an example of its own."""
    with pytest.raises(UserError, match=r"gives single examples: write dataset\.batch\(32\)"):
        read(dataset())


@pytest.mark.parametrize(
    "dataset", [[], np.zeros((0, 5)), {"x": np.zeros((0, 5))}, iter(()), batched(X).take(0)]
)
def test_nothing(dataset):
    """No example is none, and no error here."""
    assert read(dataset)[0] == []


def test_what_the_dataset_raises_is_raised():
    """A broken file in the middle that ends the pass early, as if it were whole."""

    def dataset():
        yield X[:4]
        yield X[4:]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        read(dataset())


class Twice:
    """A task of two rows an example, as windows are, and pairs whose texts are read alone."""

    inputs = ("input_ids",)
    fixed = ()
    keeps_rows_together = False

    def encode(self, examples, encoder, schema):
        """Return each number twice."""
        return [[{"input_ids": np.array([1, n]), "labels": -100}] * 2 for n in examples]


class Ids:
    """A tokenizer that nothing is asked of."""

    vocab_size, pad_id = 20, 0


def test_rows_are_counted_where_an_example_has_several(tmp_path):
    """Progress went on to "2,675 of 1,500 texts"."""
    stream = ExampleStream(encode([5, 6, 7], Twice(), Ids(), tmp_path / "rows"))
    assert (stream.count, stream.unit) == (6, "rows")
    assert sum(map(len, stream.chunks())) == 6
