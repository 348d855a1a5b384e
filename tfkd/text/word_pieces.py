"""Which pieces of a tokenizer belong to which word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Encoding, Tokenizer

from .words import Words


@dataclass(frozen=True)
class WordPieces:
    """The pieces of one example, without anything around them, and the place of its words there.

    A word of which the tokenizer drops each character has an empty place: it starts where it ends.

    Attributes:
        ids: The ids of all pieces.
        starts: The place of the first piece of each word, `[words]`; never falls.
        ends: One past its last piece; never falls.
    """

    ids: list[int]
    starts: np.ndarray
    ends: np.ndarray


def cut_into_pieces(
    tokenizer: Tokenizer, sentences: Sequence[Words], blank: re.Pattern[str]
) -> list[WordPieces]:
    """Return the pieces of each example by words.

    Given words go through the tokenizer one by one, as Hugging Face's `is_split_into_words` does;
    a text goes through it as a whole.

    Args:
        tokenizer: Adds nothing around a text when it is told so, pads and cuts nothing.
        sentences: The words of each example.
        blank: What the tokenizer reads as a blank, such as line breaks of HTML.
    """
    pieces = {
        **_cut_texts(tokenizer, sentences, blank),
        **_cut_words(tokenizer, sentences, blank),
    }
    return [pieces[i] for i in range(len(sentences))]


def _cut_texts(
    tokenizer: Tokenizer, sentences: Sequence[Words], blank: re.Pattern[str]
) -> dict[int, WordPieces]:
    texts = {i: each.text for i, each in enumerate(sentences) if each.text is not None}
    # As many blanks as there were characters: each character keeps its place.
    read = [blank.sub(lambda found: " " * len(found.group()), text) for text in texts.values()]
    encodings = tokenizer.encode_batch(read, add_special_tokens=False) if read else []
    pieces = {}
    for i, encoding in zip(texts, encodings, strict=True):
        offsets = np.array(encoding.offsets, "int64").reshape(-1, 2)
        spans = np.array(sentences[i].spans, "int64").reshape(-1, 2)
        pieces[i] = WordPieces(encoding.ids, *_match(offsets, spans))
    return pieces


def _match(offsets: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first piece of each word and one past its last one, by their characters.

    Args:
        offsets: First character of each piece, and one past its last one, `[pieces, 2]`.
        spans: The same of each word, `[words, 2]`.
    """
    # Pieces of one character may name it in another order.
    first, last = np.maximum.accumulate(offsets, axis=0).T
    starts = np.searchsorted(last, spans[:, 0], "right")
    ends = np.searchsorted(first, spans[:, 1], "left")
    if len(offsets) and len(spans):
        # A piece that is nothing but the blank before a word is its first one, as where words
        # are given.
        before = np.maximum(starts - 1, 0)
        behind_others = np.concatenate([[0], spans[:-1, 1]])
        only_blank = (last[before] == spans[:, 0]) & (first[before] >= behind_others)
        at_start = first[np.minimum(starts, len(first) - 1)] >= spans[:, 0]
        starts = np.where((starts > 0) & (starts < ends) & only_blank & at_start, before, starts)
    ends = np.maximum(starts, ends)
    return np.maximum.accumulate(starts), np.maximum.accumulate(ends)


def _cut_words(
    tokenizer: Tokenizer, sentences: Sequence[Words], blank: re.Pattern[str]
) -> dict[int, WordPieces]:
    given = {i: each.words for i, each in enumerate(sentences) if each.text is None}
    if not given:
        return {}
    join = _blanks_between(tokenizer)
    read = [join([blank.sub(" ", word) for word in words]) for words in given.values()]
    encodings = tokenizer.encode_batch(read, is_pretokenized=True, add_special_tokens=False)
    return {
        i: _by_number(encoding, len(given[i])) for i, encoding in zip(given, encodings, strict=True)
    }


def _by_number(encoding: Encoding, words: int) -> WordPieces:
    of_pieces = np.maximum.accumulate(np.array(encoding.word_ids, "int64").reshape(-1))
    numbers = np.arange(words)
    starts, ends = (np.searchsorted(of_pieces, numbers, side) for side in ("left", "right"))
    return WordPieces(encoding.ids, starts, ends)


def _blanks_between(tokenizer: Tokenizer) -> Callable[[list[str]], list[str]]:
    """Return what puts a blank before each word but the first, where pieces begin with blanks.

    A tokenizer that learnt `Ġfilm` reads a bare `film` as the end of another word.
    """
    wanted = tokenizer.encode("a a", add_special_tokens=False).ids
    plain, parted = (
        tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False).ids
        for words in (["a", "a"], ["a", " a"])
    )
    if plain == wanted or parted != wanted:
        return list
    return lambda words: [*words[:1], *(f" {word}" for word in words[1:])]
