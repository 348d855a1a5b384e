"""Texts as ids, cut around spans that a model has to see."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tokenizers import Encoding

from .any_encoder import Encoder
from .encoder import clean
from .special_tokens import ends_of

Spans = Sequence[tuple[int, int]]
"""Start and end of each span, in characters."""


def encode_around(
    encoder: Encoder, texts: Sequence[str], spans: Sequence[Spans]
) -> list[list[int]]:
    """Return the ids of each text, of a long one those of its spans with what is next to them.

    As many pieces are kept on either side. Where what lies between the spans does not fit either,
    its middle is left out; a span that is too long itself keeps its beginning and its end.

    Args:
        encoder: A tokenizer; one of another kind cuts as it always does.
        texts: The texts.
        spans: Those of each text, which must not overlap unless one lies within another.

    >>> from .learning import learn
    >>> encoder = learn(["a b c d e f g h"] * 9, vocab_size=40, max_length=6)
    >>> [encoder.vocabulary[i] for i in encode_around(encoder, ["a b c d e f g h"], [[(6, 9)]])[0]]
    ['[CLS]', 'c', 'd', 'e', 'f', '[SEP]']
    """
    tokenizer = getattr(encoder, "tokenizer", None)
    if tokenizer is None:
        return encoder.encode_many(texts)
    cleaned = [_clean_parts(text, each) for text, each in zip(texts, spans, strict=True)]
    before, after = ends_of(tokenizer)
    encodings = tokenizer.encode_batch([text for text, _ in cleaned], add_special_tokens=False)
    room = encoder.max_length - len(before) - len(after)
    rows = []
    for encoding, (_, places) in zip(encodings, cleaned, strict=True):
        kept = choose_places(len(encoding.ids), room, _pieces_of(encoding, places))
        rows.append([*before, *(encoding.ids[i] for i in kept), *after] or [encoder.pad_id])
    return rows


def choose_places(length: int, room: int, spans: Spans) -> list[int]:
    """Return which pieces of a text are kept, `room` of them at most.

    Args:
        length: How many it has.
        room: How many are kept.
        spans: Start and end of each span, in pieces.

    >>> choose_places(10, 4, [(6, 7)])
    [4, 5, 6, 7]
    >>> choose_places(10, 4, [(0, 1), (9, 10)])
    [0, 1, 8, 9]
    """
    if length <= room:
        return list(range(length))
    if not spans:
        tail = room // 2
        return [*range(room - tail), *range(length - tail, length)]
    start, end = min(s for s, _ in spans), max(e for _, e in spans)
    if end - start <= room:
        return list(range(*_window(start, end, length, room)))
    (one_start, one_end), (two_start, two_end) = min(spans), max(spans, key=lambda span: span[1])
    if one_end >= two_start:
        # One long span, or one within another: its ends say most.
        tail = room // 2
        return [*range(start, start + room - tail), *range(end - tail, end)]
    first, second = one_end - one_start, two_end - two_start
    half = room // 2
    ours = min(first, max(room - half, room - second))
    theirs = min(second, room - ours)
    left = room - ours - theirs
    # What is left over shows what follows the first span, and what precedes the second.
    one = [*_ends_of(one_start, one_end, ours), *range(one_end, one_end + (left - left // 2))]
    two = [*range(two_start - left // 2, two_start), *_ends_of(two_start, two_end, theirs)]
    return [*one, *two]


def _ends_of(start: int, end: int, room: int) -> list[int]:
    """Return the places of a span, of one that is too long those at its beginning and end."""
    if end - start <= room:
        return list(range(start, end))
    tail = room // 2
    return [*range(start, start + room - tail), *range(end - tail, end)]


def _window(start: int, end: int, length: int, room: int) -> tuple[int, int]:
    """Return a window of `room` pieces around some, as much on either side where there is any."""
    left = min(start, (room - (end - start) + 1) // 2)
    first = min(start - left, length - room)
    return first, first + room


def _clean_parts(text: str, spans: Spans) -> tuple[str, list[tuple[int, int]]]:
    """Return a text without line breaks of HTML, and where its spans are now."""
    edges = sorted({0, len(text), *(edge for span in spans for edge in span)})
    places, parts, size = {0: 0}, [], 0
    for start, end in itertools.pairwise(edges):
        parts.append(clean(text[start:end]))
        size += len(parts[-1])
        places[end] = size
    return "".join(parts), [(places[start], places[end]) for start, end in spans]


def _pieces_of(encoding: Encoding, spans: Spans) -> list[tuple[int, int]]:
    """Return which pieces hold a character of each span; spans without any are left out."""
    found = []
    for start, end in spans:
        inside = [i for i, (s, e) in enumerate(encoding.offsets) if s < end and e > start]
        if inside:
            found.append((inside[0], inside[-1] + 1))
    return found
