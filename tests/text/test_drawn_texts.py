"""Texts of nothing but a vocabulary, and texts that grow out of a few."""

import itertools

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tfkd import UserError
from tfkd.text import TextEncoder, learn
from tfkd.text.drawn_texts import draw_texts, grow_texts, list_words, parse_lengths
from tfkd.text.encoder import wordpiece


def test_whole_words_of_word_pieces():
    """No ends of words, no signs, no special pieces, no single letters."""
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "film",
        "##s",
        "##ing",
        "a",
        "!",
        "good",
    ]
    encoder = TextEncoder(wordpiece({p: i for i, p in enumerate(pieces)}, True), 16)
    assert list_words(encoder) == ["film", "good"]


def test_characters_are_words_where_there_are_no_others():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "好", "电", "影", "##好", "film"]
    encoder = TextEncoder(wordpiece({p: i for i, p in enumerate(pieces)}, True), 16)
    assert list_words(encoder) == ["好", "电", "影", "film"]


def test_words_behind_a_blank():
    """Byte-level pieces hold the blank in front of a word; those without one begin a text."""
    pieces = ["[PAD]", "[UNK]", *"abcdefgĠ", "Ġab", "Ġabc", "de", "bc"]
    merges = [("Ġ", "a"), ("Ġa", "b"), ("b", "c"), ("Ġab", "c"), ("d", "e")]
    vocabulary = {p: i for i, p in enumerate([*pieces, "Ġa"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    from tokenizers import decoders

    tokenizer.decoder = decoders.ByteLevel()
    assert set(list_words(TextEncoder(tokenizer, 16))) == {"ab", "abc", "de", "bc"}


def test_words_of_a_learnt_tokenizer_are_those_of_its_texts():
    """And beginnings of them, which are pieces of their own."""
    encoder = learn(["a good film and a bad film", "not one"] * 20, vocab_size=60, max_length=32)
    found, words = list_words(encoder), ("good", "film", "and", "bad", "not", "one")
    assert {"good", "film", "bad"} <= set(found)
    assert all(any(word.startswith(each) for word in words) for each in found)


def test_drawn_texts_depend_on_the_seed_alone_and_keep_their_lengths():
    words = [f"word{i}" for i in range(100)]
    some = [list(itertools.islice(draw_texts(words, (2, 9), seed), 200)) for seed in (1, 1, 2)]
    assert some[0] == some[1] != some[2]
    lengths = {len(text.split()) for text in some[0]}
    assert lengths == set(range(2, 10))
    assert next(draw_texts(["好"], (3, 3), blank="")) == "好好好"


def test_texts_grow_from_a_few_until_nothing_new_comes():
    found = list(
        grow_texts(["a", "b"], lambda text: [text + "c", text + "d", "a"] * (len(text) < 3))
    )
    assert found[:4] == ["ac", "ad", "bc", "bd"]
    assert len(found) == len(set(found)) == 12
    assert list(grow_texts([], lambda text: [text])) == []


@pytest.mark.parametrize(
    "written", ["", "0-5", "9-3", "4-", "-4", "a-b", "1-2-3", "1-99999", "٣-٤"]
)
def test_lengths_that_are_none(written):
    with pytest.raises(UserError, match="write the least and the greatest number of words"):
        parse_lengths(written)
