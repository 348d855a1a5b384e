"""Which pieces of a tokenizer belong to which word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Encoding, Tokenizer

from .word_cache import WordCache
from .words import Words

_BLANKS = ("\N{LOWER ONE EIGHTH BLOCK}", "\N{LATIN CAPITAL LETTER G WITH DOT ABOVE}")
"""How tokenizers write a blank: SentencePiece's, and that of bytes."""
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
        i: _part(tokenizer, encoding, sentences[i], *_match(encoding.offsets, sentences[i].spans))
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


def _part(
    tokenizer: Tokenizer, encoding: Encoding, words: Words, starts: np.ndarray, ends: np.ndarray
) -> WordPieces:
    """Give words of their own pieces that have one in common, such as Chinese ones.

    What a model says of a piece would be said of all of its words: no answer could end within it.
    """
    with_next = np.append(ends[:-1] > starts[1:], False)
    if not with_next.any():
        return WordPieces(encoding.ids, starts, ends)
    shares = with_next | np.roll(with_next, 1)
    ids: list[int] = []
    places: list[tuple[int, int]] = []
    done = 0
    for number, word in enumerate(words.words):
        start, end = max(int(starts[number]), done), max(int(ends[number]), done)
        ids += encoding.ids[done:start]
        place = len(ids)
        if shares[number]:
            follows = number > 0 and with_next[number - 1]
            mark = "" if follows else encoding.tokens[start][:1]
            ids += _cut_alone(tokenizer, word, mark if mark in _BLANKS else "")
        else:
            ids += encoding.ids[start:end]
        places.append((place, len(ids)))
        done = end
    found = np.array(places, "int32")
    return WordPieces([*ids, *encoding.ids[done:]], found[:, 0], found[:, 1])


def _cut_alone(tokenizer: Tokenizer, word: str, mark: str) -> list[int]:
    """Return the ids of one word's pieces, where `mark` is how a blank before it is written."""
    normalizer = tokenizer.normalizer
    bare = normalizer.normalize_str(word) if normalizer else word
    whole = tokenizer.token_to_id(mark + bare.strip(" " + "".join(_BLANKS)))
    if whole is not None:
        return [whole]
    read = tokenizer.encode(word, add_special_tokens=False)
    kept = [i for i, token in zip(read.ids, read.tokens, strict=True) if token not in _BLANKS]
    blank = tokenizer.token_to_id(mark)
    return kept if blank is None else [blank, *kept]


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
