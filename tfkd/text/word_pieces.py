"""Which pieces of a tokenizer belong to which word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Encoding, Tokenizer

from .word_cache import WordCache
from .words import Words

Join = Callable[[list[str]], list[str]]
"""What a tokenizer has to be given for a list of words."""


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
    tokenizer: Tokenizer,
    sentences: Sequence[Words],
    *,
    blank: re.Pattern[str],
    join: Join,
    cache: WordCache | None = None,
) -> list[WordPieces]:
    """Return the pieces of each example by words.

    Given words go through the tokenizer one by one, as Hugging Face's `is_split_into_words` does;
    a text goes through it as a whole.

    Args:
        tokenizer: Adds nothing around a text when it is told so, pads and cuts nothing.
        sentences: The words of each example.
        blank: What the tokenizer reads as a blank, such as line breaks of HTML.
        join: Puts blanks before given words, as `blanks_between` says.
        cache: Remembers the ids of given words, of a tokenizer that needs no blanks before them.
    """
    pieces = {
        **_cut_texts(tokenizer, sentences, blank),
        **(
            _cut_words(tokenizer, sentences, blank, join)
            if cache is None
            else _look_words_up(cache, sentences, blank)
        ),
    }
    return [pieces[i] for i in range(len(sentences))]


def _cut_texts(
    tokenizer: Tokenizer, sentences: Sequence[Words], blank: re.Pattern[str]
) -> dict[int, WordPieces]:
    texts = {i: each.text for i, each in enumerate(sentences) if each.text is not None}
    # As many blanks as there were characters: each character keeps its place.
    read = [blank.sub(lambda found: " " * len(found.group()), text) for text in texts.values()]
    encodings = tokenizer.encode_batch(read, add_special_tokens=False) if read else []
    return {
        i: WordPieces(encoding.ids, *_match(encoding.offsets, sentences[i].spans))
        for i, encoding in zip(texts, encodings, strict=True)
    }


def _match(
    offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first piece of each word and one past its last one, by their characters.

    Args:
        offsets: First character of each piece, and one past its last one.
        spans: The same of each word.
    """
    starts: list[int] = []
    ends: list[int] = []
    count = len(offsets)
    first = last = behind = 0
    for start, end in spans:
        while first < count and offsets[first][1] <= start:
            first += 1
        while last < count and offsets[last][0] < end:
            last += 1
        place = first
        # A piece that is nothing but the blank before a word is its first one, as where words are
        # given.
        if 0 < first < last and offsets[first][0] >= start:
            blank = offsets[first - 1]
            place -= int(blank[1] == start and blank[0] >= behind)
        starts.append(max(place, starts[-1] if starts else 0))
        ends.append(max(last, starts[-1]))
        behind = end
    return np.array(starts, "int32"), np.array(ends, "int32")


def _cut_words(
    tokenizer: Tokenizer, sentences: Sequence[Words], blank: re.Pattern[str], join: Join
) -> dict[int, WordPieces]:
    given = {i: each.words for i, each in enumerate(sentences) if each.text is None}
    if not given:
        return {}
    read = [join([blank.sub(" ", word) for word in words]) for words in given.values()]
    encodings = tokenizer.encode_batch(read, is_pretokenized=True, add_special_tokens=False)
    return {
        i: _by_number(encoding, len(given[i])) for i, encoding in zip(given, encodings, strict=True)
    }


def _look_words_up(
    cache: WordCache, sentences: Sequence[Words], blank: re.Pattern[str]
) -> dict[int, WordPieces]:
    given = {i: each.words for i, each in enumerate(sentences) if each.text is None}
    read = [[blank.sub(" ", word) for word in words] for words in given.values()]
    found = {}
    for i, ids in zip(given, cache.encode_words(read), strict=True):
        ends = np.cumsum([len(each) for each in ids], dtype="int32")
        starts = np.concatenate([np.zeros(1, "int32"), ends])[: len(ends)]
        found[i] = WordPieces([piece for each in ids for piece in each], starts, ends)
    return found


def _by_number(encoding: Encoding, words: int) -> WordPieces:
    of_pieces = np.maximum.accumulate(np.array(encoding.word_ids, "int64").reshape(-1))
    numbers = np.arange(words)
    starts, ends = (
        np.searchsorted(of_pieces, numbers, side).astype("int32") for side in ("left", "right")
    )
    return WordPieces(encoding.ids, starts, ends)


def blanks_between(tokenizer: Tokenizer) -> Join:
    """Return what puts a blank before each word but the first, where pieces begin with blanks.

    A tokenizer that learnt `Ġfilm` reads a bare `film` as the end of another word.

    Args:
        tokenizer: Is tried on two words.
    """
    wanted = tokenizer.encode("a a", add_special_tokens=False).ids
    plain, parted = (
        tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False).ids
        for words in (["a", "a"], ["a", " a"])
    )
    if plain == wanted or parted != wanted:
        return list
    return lambda words: [*words[:1], *(f" {word}" for word in words[1:])]
