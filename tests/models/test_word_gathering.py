"""Outputs of tokens become outputs of words, before a loss, a store or a report sees them."""

import dataclasses

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf

from tests.students.test_build_for import SCHEMA, drawn
from tests.students.test_by_word import MEANS, ByWord
from tfkd.models.text_model import TextModel
from tfkd.students import build_for
from tfkd.text import Words, learn
from tfkd.text.batching import pad_rows
from tfkd.text.words import NO_CELL

VOCABULARY, CLASSES = 40, 3
TOKENS = {"logits": (None, 0)}


@pytest.fixture(scope="module")
def encoder():
    return learn(["a good film about Anna", "bad films"] * 9, vocab_size=28, max_length=12)


@pytest.fixture(scope="module")
def rows(encoder):
    sentences = [("a", "good", "film"), ("Unheard", "films"), (), ("bad",)]
    return [row for each in sentences for row in encoder.encode_words([Words(each)])[0]]


def tagger(length=None, spans=False, padded_left=False):
    """The logits of each token are its own vector; those of another place are others."""
    ids = keras.Input((length,), dtype="int32", name="input_ids")
    start = keras.initializers.RandomNormal(seed=1)
    vectors = keras.layers.Embedding(VOCABULARY, CLASSES, embeddings_initializer=start)(ids)
    if not spans:
        return keras.Model(ids, vectors)
    return keras.Model(ids, {"start_logits": vectors[..., 0], "end_logits": vectors[..., 1]})


def by_hand(model, row):
    (table,) = model.get_weights()
    return table[np.array(row["input_ids"])]


@pytest.mark.parametrize("length", [None, 12])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("pieces", ["first", "mean"])
def test_a_model_of_tokens_answers_by_word(encoder, rows, pieces, left, length):
    """Padding before the tokens moves each of them, and no word with it."""
    model = tagger(length)
    found = TextModel(model, dataclasses.replace(encoder, pad_left=left), order=[2, 0, 1])
    found.check(TOKENS, pieces=pieces)
    assert found.shapes == {"logits": (None, CLASSES)}
    for row, output in zip(rows, found.run(rows), strict=True):
        tokens = by_hand(model, row)[:, [2, 0, 1]]
        places = zip(row["word_starts"], row["word_ends"], strict=True)
        words = [tokens[s:e].mean(0) if pieces == "mean" else tokens[s] for s, e in places]
        expected = np.array(words).reshape(-1, CLASSES)
        np.testing.assert_allclose(output["logits"], expected, atol=1e-6)


@pytest.mark.parametrize("length", [None, 12])
@pytest.mark.parametrize("left", [False, True])
def test_answers_start_with_first_pieces_and_end_with_last_ones(encoder, rows, left, length):
    model = tagger(length, spans=True)
    found = TextModel(model, dataclasses.replace(encoder, pad_left=left)).check(
        {"logits": (2, None)}
    )
    for row, output in zip(rows, found.run(rows), strict=True):
        tokens, places = by_hand(model, row), (row["word_starts"], row["word_ends"] - 1)
        expected = np.array([tokens[place, kind] for kind, place in enumerate(places)])
        np.testing.assert_allclose(output["logits"], expected, atol=1e-6)
    batch = pad_rows(rows[:2], MEANS)
    logits = found.outputs(batch, ("logits",))["logits"].numpy()
    assert (logits[1, :, 2] == NO_CELL).all()
    assert (logits[0] != NO_CELL).all()


def test_in_the_graph_of_another_model_too(encoder, rows):
    """A teacher that runs in every step sees batches, and no rows."""
    found = TextModel(tagger(), encoder).check(TOKENS)
    batch = pad_rows(rows[:2], MEANS)
    within = tf.function(lambda inputs: found.in_graph(inputs)["logits"])(batch)
    assert within.shape == (2, 3, CLASSES)
    for at, output in enumerate(found.run(rows[:2])):
        words = len(output["logits"])
        np.testing.assert_allclose(within[at, :words], output["logits"], atol=1e-6)


def test_without_words_there_are_tokens(encoder, rows):
    model = tagger()
    found = TextModel(model, encoder).check(TOKENS)
    (output,) = found.run([{"input_ids": rows[0]["input_ids"]}])
    np.testing.assert_allclose(output["logits"], by_hand(model, rows[0]), atol=1e-6)


@pytest.mark.parametrize("length", [None, 12])
def test_a_model_that_reads_words_answers_by_itself(encoder, rows, length, caplog):
    """Gathered twice, each word but the first ones has the answer of another."""
    model = drawn(build_for(ByWord(MEANS), SCHEMA, "bilstm", VOCABULARY, "tiny"))
    found = TextModel(model, encoder, SCHEMA.labels, length=length)
    found.check(TOKENS)
    assert (found.length, caplog.text) == (length, "")
    for row, output in zip(rows, found.run(rows), strict=True):
        alone = np.array(model(pad_rows([row], MEANS)))[0, : len(row["word_starts"])]
        np.testing.assert_allclose(output["logits"], alone, atol=1e-5)


def test_places_move_with_the_tokens_of_a_model_that_reads_both(encoder, rows):
    """Padding on the left of a model of one length, which looks up words by itself."""
    ids = keras.Input((12,), dtype="int32", name="input_ids")
    starts = keras.Input((None,), dtype="int32", name="word_starts")
    vectors = keras.layers.Embedding(VOCABULARY, CLASSES)(ids)
    places = keras.ops.expand_dims(keras.ops.maximum(starts, 0), -1)
    read = keras.ops.take_along_axis(vectors, places, axis=1)
    model = keras.Model({"input_ids": ids, "word_starts": starts}, read)
    left = dataclasses.replace(encoder, pad_left=True)
    found = TextModel(model, left, SCHEMA.labels).check(TOKENS)
    assert found.length == 12
    for row, output in zip(rows, found.run(rows), strict=True):
        expected = by_hand(model, row)[row["word_starts"]]
        np.testing.assert_allclose(output["logits"], expected, atol=1e-6)
