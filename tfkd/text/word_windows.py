"""Texts longer than a model's length, as windows that overlap and cut no word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from .pair_encoding import SEGMENTS
from .word_pieces import WordPieces
from .words import FIRST_WORD, IDS, WORD_ENDS, WORD_STARTS

OVERLAP = 4
"""A window begins anew with the last quarter of the one before it."""

WordRow = dict[str, Any]
"""One window: `input_ids`, `word_starts`, `word_ends`, `first_word`, and `token_type_ids` where a
text stands in front."""


@dataclass(frozen=True)
class Frame:
    """What stands around the words of each window.

    Attributes:
        before: Ids before them, such as `[CLS]`, or `[CLS] question [SEP]`.
        after: Ids behind them.
        segments: Of the ids before, of the words and of the ids behind; None where there is only
            one text.
    """

    before: list[int]
    after: list[int]
    segments: tuple[list[int], int, list[int]] | None = None


def windows_of(pieces: WordPieces, frame: Frame, max_length: int, pad_id: int) -> list[WordRow]:
    """Return the windows of one example, from its first word to its last one, at least one.

    Args:
        pieces: The pieces of its words.
        frame: What stands around each window.
        max_length: How many ids a window has at most.
        pad_id: The only id of a window that would have none.
    """
    room = max(1, max_length - len(frame.before) - len(frame.after))
    if len(pieces.ids) <= room and len(pieces.starts) <= room:
        return [_window(pieces, 0, len(pieces.starts), room, frame, pad_id)]
    return [
        _window(pieces, first, last, room, frame, pad_id)
        for first, last in _ranges(pieces.starts, pieces.ends, room)
    ]


def _ranges(starts: np.ndarray, ends: np.ndarray, room: int) -> Iterator[tuple[int, int]]:
    """Yield the first word of each window, and one past its last one."""
    words, first = len(starts), 0
    while True:
        fitting = int(np.searchsorted(ends, starts[first] + room, "right")) if words else 0
        # No more words than tokens: a file of one length has room for as many of both.
        fitting = min(fitting, first + room)
        last = max(fitting, min(first + 1, words))
        if last == words:
            # The last window is filled up with words before it: the more around a word the better.
            earliest = int(np.searchsorted(starts, ends[-1] - room, "left")) if words else 0
            yield min(first, max(earliest, words - room)) if first else 0, words
            return
        yield first, last
        # Each window has to hold a word that none before it held.
        least = max(ends[last - 1] - room // OVERLAP, ends[last] - room)
        first = min(max(int(np.searchsorted(starts, least, "left")), last + 1 - room), last)


def _window(
    pieces: WordPieces, first: int, last: int, room: int, frame: Frame, pad_id: int
) -> WordRow:
    whole = last - first == len(pieces.starts)
    start, end = (0, len(pieces.ids)) if whole else (pieces.starts[first], pieces.ends[last - 1])
    if whole and end > room and last:
        # Blanks around the words are the first to go, and of a single word its end.
        start = int(pieces.starts[0])
    ids = pieces.ids[start : min(int(end), int(start) + room)]
    starts, ends = _places(pieces, first, last, len(frame.before), int(start), len(ids))
    row = {
        IDS: [*frame.before, *ids, *frame.after] or [pad_id],
        WORD_STARTS: starts,
        WORD_ENDS: ends,
        FIRST_WORD: first,
    }
    if frame.segments is not None:
        before, within, after = frame.segments
        row[SEGMENTS] = [*before, *[within] * len(ids), *after] or [within]
    return row


def _places(
    pieces: WordPieces, first: int, last: int, before: int, start: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the words of a window start and end in its row.

    Args:
        pieces: The pieces of all words.
        first: The first word of the window.
        last: One past its last word.
        before: How many ids stand before the pieces.
        start: The first piece of the window.
        count: How many pieces it has.
    """
    moved = before - start
    starts, ends = pieces.starts[first:last] + moved, pieces.ends[first:last] + moved
    empty = starts == ends
    if empty.any():
        # A word without pieces is read where the piece before it stands.
        starts = np.maximum(starts - empty, max(0, before - 1))
        ends = np.maximum(ends, starts + 1)
    if count and ends.size and ends[-1] > before + count:
        ends = np.minimum(ends, before + count)
    return starts.astype("int32", copy=False), ends.astype("int32", copy=False)


def frame_of_pair(
    joining: Tokenizer, before: Sequence[int], max_length: int, *, tells_apart: bool
) -> Frame:
    """Return what stands around the second text of a pair: the first one, and what joins them.

    The first text has half of the room at most, and loses its end where it is longer.

    Args:
        joining: The tokenizer as it joins pairs.
        before: The ids of the first text.
        max_length: How many ids a window has at most.
        tells_apart: Whether the tokenizer has segments of its own.
    """
    probe = Tokenizer(WordLevel({"x": 0}, "x"))
    if joining.post_processor is not None:
        probe.post_processor = joining.post_processor
    encoding = probe.encode("x", "x")
    at_first, at_second = (encoding.sequence_ids.index(number) for number in (0, 1))
    ids, kinds = encoding.ids, encoding.type_ids
    if not tells_apart:
        kinds = [int(place >= at_second) for place in range(len(ids))]
    front, between, after = ids[:at_first], ids[at_first + 1 : at_second], ids[at_second + 1 :]
    room = max(2, max_length - len(front) - len(between) - len(after))
    before = list(before[: room // 2])
    return Frame(
        [*front, *before, *between],
        after,
        (
            [*kinds[:at_first], *[kinds[at_first]] * len(before), *kinds[at_first + 1 : at_second]],
            kinds[at_second],
            kinds[at_second + 1 :],
        ),
    )
