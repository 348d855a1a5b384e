"""A student that answers by word: a tag for each word, whatever pieces it has."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tests.students.test_build_for import SCHEMA, Toy, drawn
from tfkd.students import build_for
from tfkd.text import Words, learn
from tfkd.text.affixes import AFFIXES, add_affixes, write_shape
from tfkd.text.batching import pad_rows

PLACES = ("input_ids", "word_starts")
MEANS = (*PLACES, "word_ends")
RARE = (*PLACES, *AFFIXES)
KINDS = ("ngram_cnn", "text_cnn", "bilstm", "transformer")


class ByWord(Toy):
    """A label for each word."""

    def __init__(self, inputs=PLACES, **options):
        super().__init__("words", **options)
        self.inputs = inputs


@pytest.fixture(scope="module")
def rows():
    encoder = learn(["a good film about Anna", "bad films"] * 9, vocab_size=28)
    sentences = [
        Words(("a", "good", "film")),
        Words(("Unheard", "films", "about", "good", ".")),
    ]
    rows = []
    for words, windows in zip(sentences, encoder.encode_words(sentences), strict=True):
        add_affixes(windows, words)
        rows += windows
    return rows


@pytest.mark.parametrize("inputs", [PLACES, MEANS, RARE], ids=["first", "mean", "affixes"])
@pytest.mark.parametrize("name", KINDS)
def test_neither_padding_nor_neighbours_change_a_word(name, inputs, rows):
    """Words of a short text that read those of the row behind it."""
    model = drawn(build_for(ByWord(inputs), SCHEMA, name, 60, "tiny"))
    assert {tensor.name for tensor in model.inputs} == set(inputs)
    together = np.array(model(pad_rows(rows, inputs)))
    assert together.shape == (2, 5, 3)
    assert np.isfinite(together).all()
    for at, row in enumerate(rows):
        words = len(row["word_starts"])
        alone = np.array(model(pad_rows([row], inputs)))
        np.testing.assert_allclose(together[at, :words], alone[0], rtol=1e-4, atol=1e-5)
    assert np.abs(together[1, 0] - together[1, 1]).max() > 1e-3


@pytest.mark.parametrize("name", KINDS)
def test_words_are_the_tokens_at_their_places(name, rows):
    """The same weights say of a word what they say of its first piece."""
    by_word = drawn(build_for(ByWord(), SCHEMA, name, 60, "tiny"))
    by_token = build_for(Toy("tokens"), SCHEMA, name, 60, "tiny")
    by_token.set_weights(by_word.get_weights())
    batch = pad_rows(rows, PLACES)
    tokens, words = np.array(by_token(batch["input_ids"])), np.array(by_word(batch))
    for at, starts in enumerate(batch["word_starts"]):
        for word, start in enumerate(starts):
            if start >= 0:
                np.testing.assert_allclose(words[at, word], tokens[at, start], atol=1e-5)


def test_a_mean_reads_every_piece(rows):
    model = drawn(build_for(ByWord(MEANS), SCHEMA, "text_cnn", 60, "tiny"))
    by_token = build_for(Toy("tokens"), SCHEMA, "text_cnn", 60, "tiny")
    by_token.set_weights(model.get_weights())
    row = rows[1]
    tokens = np.array(by_token(np.array([row["input_ids"]])))[0]
    words = np.array(model(pad_rows([row], MEANS)))[0]
    places = list(zip(row["word_starts"], row["word_ends"], strict=True))
    assert any(end - start > 1 for start, end in places)
    expected = [tokens[start:end].mean(axis=0) for start, end in places]
    np.testing.assert_allclose(words, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["ngram_cnn", "text_cnn"])
def test_rare_words_are_told_apart_by_their_letters(name, rows):
    """Two words of one unknown piece each: only affixes say which is a name."""
    model = drawn(build_for(ByWord(RARE), SCHEMA, name, 60, "tiny"))
    batch = pad_rows(rows, RARE)
    other = {**batch, "word_suffix": batch["word_suffix"] + (batch["word_suffix"] > 0)}
    assert np.abs(np.array(model(batch)) - np.array(model(other))).max() > 1e-3


def test_affixes_belong_to_the_words_of_their_window():
    """Those of the first words in each window are features of other words."""
    encoder = learn(["a good film"] * 9, vocab_size=60, max_length=6)
    words = Words(tuple(f"Wort{i}" for i in range(9)))
    (windows,) = encoder.encode_words([words])
    add_affixes(windows, words)
    assert len(windows) > 1
    whole = [{"word_starts": range(9), "first_word": 0}]
    add_affixes(whole, words)
    for name in AFFIXES:
        assert max(whole[0][name]) <= AFFIXES[name]
        assert min(whole[0][name]) >= 1
        for row in windows:
            first, count = row["first_word"], len(row["word_starts"])
            np.testing.assert_array_equal(row[name], whole[0][name][first : first + count])
    assert len(set(whole[0]["word_suffix"].tolist())) == 9
    assert len(set(whole[0]["word_prefix"].tolist())) == 1


@pytest.mark.parametrize(
    ("word", "shape"),
    [("Anna", "Xx"), ("3.5", "0.0"), ("BERT-base", "X-x"), ("北京", "x"), ("", "")],
)
def test_shapes(word, shape):
    assert write_shape(word) == shape
