"""A model with its tokenizer, whatever its inputs are called."""

from typing import ClassVar

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf

from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.text import learn

VOCABULARY, CLASSES = 60, 3
IDS = np.array([[4, 9, 7, 3], [5, 8, 0, 0]], "int32")
LABELS = ("bad", "good", "mixed")


@pytest.fixture(scope="module")
def encoder():
    return learn(["a good film, a bad film"] * 9, vocab_size=VOCABULARY, max_length=20)


def classifier(*names, struct=dict, activation=None):
    """A Keras model with inputs of these names: the mean of vectors, then a dense layer."""
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    by_kind = dict(zip(("ids", "mask", "segments"), inputs.values(), strict=False))
    ids = by_kind["ids"]
    mask = by_kind.get("mask", keras.ops.not_equal(ids, 0))
    mask = keras.ops.cast(mask, "float32")[..., None]
    x = keras.layers.Embedding(VOCABULARY, 8, embeddings_initializer="normal")(ids)
    if "segments" in by_kind:
        x = x + keras.layers.Embedding(2, 8, embeddings_initializer="normal")(by_kind["segments"])
    mean = keras.ops.sum(x * mask, axis=1) / keras.ops.sum(mask, axis=1)
    logits = keras.layers.Dense(CLASSES, activation)(mean)
    given = {dict: inputs, list: list(inputs.values()), None: ids}[struct]
    return keras.Model(given, logits)


def by_hand(model, ids=IDS) -> np.ndarray:
    vectors, *segments, kernel, bias = model.get_weights()
    x = vectors[ids] + (segments[0][0] if segments else 0)
    mask = (ids != 0)[..., None]
    return (x * mask).sum(axis=1) / mask.sum(axis=1) @ kernel + bias


@pytest.mark.parametrize(
    ("names", "struct"),
    [
        (("input_ids", "attention_mask"), dict),
        (("input_ids", "attention_mask", "token_type_ids"), dict),
        (("token_ids", "padding_mask", "segment_ids"), dict),
        (("input_word_ids", "input_mask", "input_type_ids"), dict),
        (("input_ids", "attention_mask", "token_type_ids"), list),
        (("input_ids",), dict),
        (("words",), None),
    ],
)
def test_the_names_of_each_library(encoder, names, struct):
    """Ids fed as the mask are a model that answers, and answers wrong."""
    model = classifier(*names, struct=struct)
    found = TextModel(model, encoder, LABELS).check()
    np.testing.assert_allclose(found(IDS), by_hand(model), atol=1e-5)
    np.testing.assert_allclose(found(np.pad(IDS, ((0, 0), (0, 5)))), by_hand(model), atol=1e-5)
    assert found.classes == CLASSES
    assert found.parameters == model.count_params()


@pytest.mark.parametrize("output", [lambda x: x, lambda x: {"logits": x, "pooled": x[:, :1]}])
def test_a_callable_of_ids(encoder, output):
    found = TextModel(lambda ids: output(tf.one_hot(ids[:, 0], CLASSES)), encoder).check()
    np.testing.assert_array_equal(found([[2, 5], [1, 5]]), np.eye(3)[[2, 1]])
    assert (found.classes, found.labels, found.parameters) == (CLASSES, (), None)


def test_a_model_that_ends_in_softmax_gives_logits(encoder):
    """A second softmax over probabilities would make every teacher unsure."""
    model = classifier("input_ids", struct=None, activation="softmax")
    found = TextModel(model, encoder)(IDS)
    again = np.array(keras.ops.softmax(found))
    np.testing.assert_allclose(again, np.array(model(IDS)), atol=1e-5)


def test_an_input_that_texts_cannot_feed(encoder):
    with pytest.raises(UserError, match="an input 'pixel_values': expected ids"):
        TextModel(classifier("input_ids", "pixel_values"), encoder).check()


def test_a_model_that_does_not_read_ids(encoder):
    """A checkpoint of another architecture: said when it is loaded, and not by Keras."""
    layers = keras.layers
    images = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2)])
    with pytest.raises(UserError, match="cnn does not read ids"):
        TextModel(images, encoder, origin="cnn").check()


@pytest.mark.parametrize(("shape", "words"), [((1,), r"\(1,\)"), ((1, 4, 3), r"\(1, 4, 3\)")])
def test_logits_of_another_rank(encoder, shape, words):
    """A tagger is no text classifier: said when it is loaded."""
    with pytest.raises(UserError, match=f"tagger returns logits of shape {words} for one text"):
        TextModel(lambda ids: tf.zeros(shape), encoder, origin="tagger").check()


def test_names_for_another_number_of_classes(encoder):
    """A label file that disagrees with the model gives every class the name of another."""
    with pytest.raises(UserError, match="given has 3 classes and 2 names for them"):
        TextModel(classifier("input_ids", struct=None), encoder, ("bad", "good")).check()


def test_another_order_of_classes(encoder):
    """The data call class 0 what the teacher calls class 2."""
    model = TextModel(classifier("input_ids", struct=None), encoder, LABELS)
    turned = model.reordered([2, 0, 1])
    assert turned.labels == ("mixed", "bad", "good")
    np.testing.assert_array_equal(turned(IDS), model(IDS)[:, [2, 0, 1]])
    back = turned.reordered([1, 2, 0])
    assert back.labels == LABELS
    np.testing.assert_array_equal(back(IDS), model(IDS))
    nameless = TextModel(model.model, encoder).reordered([1, 0, 2])
    np.testing.assert_array_equal(nameless(IDS), model(IDS)[:, [1, 0, 2]])


def test_traced_once_for_all_shapes(encoder):
    """A trace per length of text is a second of waiting per batch."""
    traces = []

    def model(ids):
        traces.append(ids.shape)
        return tf.one_hot(ids[:, 0], CLASSES)

    found = TextModel(model, encoder)
    for batch, length in ((1, 2), (3, 7), (2, 30), (5, 1)):
        assert found(np.ones((batch, length), "int64")).shape == (batch, CLASSES)
    assert [tuple(shape) for shape in traces] == [(None, None)]


def test_inference_mode(encoder):
    """Dropout in the teacher is noise in every target."""
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Dropout(0.9)(keras.ops.one_hot(ids[:, 0], CLASSES))
    found = TextModel(keras.Model(ids, x), encoder)
    np.testing.assert_array_equal(found([[1], [2]]), np.eye(3)[[1, 2]])


def test_logits_of_texts_are_in_their_order(encoder):
    model = TextModel(classifier("input_ids", "attention_mask"), encoder)
    texts = ["a", "a good film", "", "a bad film, a good film"]
    found = model.logits(texts)
    for text, logits in zip(texts, found, strict=True):
        alone = model(np.array([encoder.encode(text)]))[0]
        np.testing.assert_allclose(logits, alone, atol=1e-5)


def test_nothing_runs_before_it_is_checked(encoder):
    """A constructor that runs a model waits for its graph, and again for each copy of it."""
    calls = []

    def model(ids):
        calls.append(ids.shape)
        return tf.one_hot(ids[:, 0], CLASSES)

    found = TextModel(model, encoder, LABELS)
    assert (found.reordered([2, 1, 0]).classes, calls) == (3, [])
    assert found.check().shapes == {"logits": (3,)}
    assert len(calls) == 1


def test_a_model_that_declares_its_outputs_is_believed(encoder):
    class Stored:
        output_shapes: ClassVar = {"logits": (2,)}

        def __call__(self, ids):
            raise AssertionError("run on a text for trial")

    assert TextModel(Stored(), encoder).check().classes == 2


def rows_of(*lengths, **columns):
    ids = [list(range(2, 2 + length)) for length in lengths]
    return [
        {"input_ids": each, **{name: value[:length] for name, value in columns.items()}}
        for each, length in zip(ids, lengths, strict=True)
    ]


def test_rows_of_any_length_in_their_order(encoder):
    model = TextModel(classifier("input_ids", "attention_mask"), encoder, LABELS).check()
    rows = rows_of(3, 9, 1, 5, labels=[1] * 9)
    done = []
    outputs = model.run(rows, advance=done.append)
    for row, output in zip(rows, outputs, strict=True):
        alone = model(np.array([row["input_ids"]]))[0]
        np.testing.assert_allclose(output["logits"], alone, atol=1e-6)
    assert sum(done) == 4
    assert model.run([]) == []


def test_outputs_of_tokens_come_without_padding(encoder):
    """A tag of padding would be scored as that of a word."""
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    vectors = keras.layers.Embedding(VOCABULARY, CLASSES)(ids)
    start = keras.ops.sum(vectors, axis=-1)
    tagger = keras.Model(ids, {"logits": vectors, "start": start})
    shapes = {"logits": (None, 0), "start": (None,)}
    model = TextModel(tagger, encoder, order=[2, 0, 1]).check(shapes)
    assert model.shapes == {"logits": (None, CLASSES), "start": (None,)}
    (table,) = tagger.get_weights()
    for row, output in zip(rows_of(4, 2), model.run(rows_of(4, 2)), strict=True):
        expected = table[row["input_ids"]]
        np.testing.assert_allclose(output["logits"], expected[:, [2, 0, 1]], atol=1e-6)
        np.testing.assert_allclose(output["start"], expected.sum(-1), atol=1e-6)


def test_an_output_that_there_is_not(encoder):
    model = TextModel(classifier("input_ids", struct=None), encoder, origin="cnn")
    with pytest.raises(UserError, match="cnn returns 'logits' and no 'start_logits'"):
        model.check({"start_logits": (None,)})


def test_segments_of_two_texts(encoder):
    """Which of two texts a token is of, under any library's name."""
    model = classifier("token_ids", "padding_mask", "segment_ids")
    found = TextModel(model, encoder).check()
    row = {"input_ids": [4, 5, 6], "segment_ids": [0, 1, 1]}
    vectors, segments, kernel, bias = model.get_weights()
    x = vectors[[4, 5, 6]] + segments[[0, 1, 1]]
    (output,) = found.run([row])
    np.testing.assert_allclose(output["logits"], x.mean(0) @ kernel + bias, atol=1e-5)
