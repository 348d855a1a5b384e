"""Each word has pieces of its own, whatever a tokenizer would rather join."""

import re

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tfkd.text.word_pieces import cut_into_pieces
from tfkd.text.words import split_words

PIECES = ["<unk>", "▁", "首都", "首", "都", "是", "...", ".", "▁5%", "▁5", "5", "%", "▁(", "▁in"]
LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]


def sentence_pieces():
    """Pieces of several characters, as XLM-RoBERTa has them; longer ones are likelier."""
    scores = [(piece, -10.0 + len(piece)) for piece in [*PIECES, *LETTERS]]
    tokenizer = Tokenizer(models.Unigram(scores, 0))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def bytes_in_pairs():
    """Pieces of bytes, as RoBERTa has them; `?!` is one of them."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*alphabet, "?!", "Ġ?"]
    merges = [("?", "!"), ("Ġ", "?")]
    tokenizer = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def pieces_by_word(tokenizer, text):
    words = split_words(text)
    (found,) = cut_into_pieces(tokenizer, [words], blank=re.compile(r"\s+"), join=list)
    tokens = [tokenizer.id_to_token(i) for i in found.ids]
    assert all(a <= b for a, b in zip(found.ends[:-1], found.starts[1:], strict=True))
    return {
        (start, word): tokens[a:b]
        for (start, _), word, a, b in zip(
            words.spans, words.words, found.starts, found.ends, strict=True
        )
    }


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("是首都是", [["▁", "是"], ["首"], ["都"], ["是"]]),
        ("首都", [["▁", "首"], ["都"]]),
        ("in 5%", [["▁in"], ["▁5"], ["%"]]),
        ("in...in", [["▁in"], ["."], ["."], ["."], ["i", "n"]]),
        ("in (首", [["▁in"], ["▁("], ["首"]]),
        # Characters that are written otherwise, and such as no piece has: they are one piece there.
        ("５％", [["▁5"], ["%"]]),
        ("京都首都", [["▁", "<unk>"], ["都"], ["首"], ["都"]]),
        ("京沪", [["▁", "<unk>"], ["<unk>"]]),
    ],
)
def test_words_of_one_piece_are_parted(text, pieces):
    """An answer that ends with `都` was said to end with `首`: both were one piece."""
    assert list(pieces_by_word(sentence_pieces(), text).values()) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a?! b", [["a"], ["?"], ["!"], ["Ġ", "b"]]),
        ("a ?", [["a"], ["Ġ?"]]),
        ("a ?!", [["a"], ["Ġ?"], ["!"]]),
    ],
)
def test_words_of_one_piece_of_bytes_are_parted(text, pieces):
    """`?!` is one piece of RoBERTa's, and two words."""
    assert list(pieces_by_word(bytes_in_pairs(), text).values()) == pieces


def test_other_texts_are_cut_as_the_tokenizer_cuts_them():
    """Pieces that were looked up one by one, where nothing had to be parted."""
    tokenizer, text = sentence_pieces(), "in 5 (in)"
    (found,) = cut_into_pieces(tokenizer, [split_words(text)], blank=re.compile(r"\s+"), join=list)
    assert found.ids == tokenizer.encode(text, add_special_tokens=False).ids
