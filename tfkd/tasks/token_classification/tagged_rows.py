"""Rows of files as examples: words with tags, or a text with spans."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...data import Column, Example
from ...errors import UserError
from ...text.words import Words, split_words
from .span_reading import read_spans
from .tags import Chunk, check_tag, write_iob2

TOKENS, TAGS, TEXT, SPANS = "tokens", "tags", "text", "spans"
COLUMNS: Mapping[str, Column] = {
    TEXT: Column(TEXT),
    SPANS: Column(SPANS, required=False, kind="spans", also=("entities",)),
    TOKENS: Column(TOKENS, kind="words", also=("words",)),
    TAGS: Column(TAGS, required=False, kind="tags", also=("ner_tags", "labels", "ner")),
}
_AS_WORDS, _AS_TEXT = (TOKENS, TAGS), (TEXT, SPANS)


def choose_columns(fields: Collection[str], named: Collection[str]) -> Mapping[str, Column]:
    """Return the columns of words and tags, or of a text and its spans.

    Args:
        fields: The names of the fields that are there.
        named: The roles whose columns the user named.

    >>> list(choose_columns(["id", "tokens", "ner_tags"], ())), list(choose_columns((), ()))
    (['tokens', 'tags'], ['text', 'spans'])
    """
    there = {name.strip().casefold() for name in fields}
    known = {
        role for role, column in COLUMNS.items() if role in named or there & set(_names_of(column))
    }
    by_words = len(known & set(_AS_WORDS)), len(known & set(_AS_TEXT))
    as_words = TOKENS in known and (by_words[0] >= by_words[1] or TEXT not in known)
    return {role: COLUMNS[role] for role in (_AS_WORDS if as_words else _AS_TEXT)}


def _names_of(column: Column) -> tuple[str, ...]:
    return (column.default, *column.also)


def read_example(fields: Mapping[str, Any], where: str) -> Example:
    """Return a row by role: `tokens` or `text`, and `tags`, None where they are not known.

    Tags of words stay as they are written, spans become tags in IOB2.

    Args:
        fields: The row's values by role.
        where: File and row, for errors.

    Raises:
        UserError: Words or tags that are none, tags of another number than words, or broken spans.
    """
    if TOKENS not in fields:
        words = split_words(fields[TEXT])
        spans = read_spans(where, fields.get(SPANS), words)
        tags = None if spans is None else tuple(write_iob2(spans, len(words.words)))
        return Example(text=fields[TEXT], tags=tags)
    tokens = _read_tokens(where, fields[TOKENS])
    tags = fields.get(TAGS)
    if tags is None or (isinstance(tags, (list, tuple)) and not tags):
        return Example(tokens=tokens, tags=None)
    if isinstance(tags, str) or not isinstance(tags, Sequence):
        raise UserError(f"{where}: the tags are {tags!r:.40}; expected a list, one for each word.")
    if len(tags) != len(tokens):
        raise UserError(
            f"{where}: {len(tokens)} words and {len(tags)} tags; write one tag for each word, O "
            "outside of entities."
        )
    return Example(tokens=tokens, tags=tuple(check_tag(where, i, t) for i, t in enumerate(tags)))


def _read_tokens(where: str, tokens: Any) -> tuple[str, ...]:
    if isinstance(tokens, str):
        raise UserError(
            f"{where}: the words are one string, {tokens!r:.40}; write a list of words, or name "
            "the column as the text: --column text=NAME."
        )
    if not isinstance(tokens, (list, tuple)) or not tokens:
        raise UserError(f"{where}: the words are {tokens!r:.40}; expected a list of at least one.")
    for place, token in enumerate(tokens):
        if not isinstance(token, str) or not token.strip():
            raise UserError(
                f"{where}: word {place + 1} is {token!r:.40}; expected a word: remove it, with its "
                "tag."
            )
        try:
            token.encode()
        except UnicodeEncodeError:
            raise UserError(
                f"{where}: word {place + 1} holds half a character (a lone surrogate)."
            ) from None
    return tuple(tokens)


def words_of(example: Example) -> Words:
    """Return the words of an example: those that were given, or those of its text."""
    if TOKENS in example:
        return Words(tuple(example[TOKENS]))
    return split_words(example[TEXT])


def text_and_places(example: Example) -> tuple[str, list[tuple[int, int]]]:
    """Return a text and where its words are; of given words, blanks stand between them.

    >>> text_and_places(Example(tokens=("Angela", "Merkel")))
    ('Angela Merkel', [(0, 6), (7, 13)])
    """
    if TOKENS not in example:
        words = split_words(example[TEXT])
        return example[TEXT], list(words.spans or ())
    places, start = [], 0
    for token in example[TOKENS]:
        places.append((start, start + len(token)))
        start += len(token) + 1
    return " ".join(example[TOKENS]), places


__all__ = ["COLUMNS", "Chunk", "choose_columns", "read_example", "text_and_places", "words_of"]
