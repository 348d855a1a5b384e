"""From start and end logits of windows to the best spans of a whole context. NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...data.reader import Arrays


@dataclass(frozen=True)
class Span:
    """A possible answer.

    Attributes:
        text: Its characters, exactly as the context has them.
        start: The first character of it in the context.
        end: One past the last one.
        score: The probability that the model gives to this span, among all and no answer at all.
    """

    text: str
    start: int
    end: int
    score: float

    def to_json(self) -> dict[str, Any]:
        """Return the span as plain values for JSON."""
        return {"answer": self.text, "start": self.start, "end": self.end, "score": self.score}


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        text: Its characters, exactly as the context has them; empty where it has no answer.
        start: The first character of it in the context, None without an answer.
        end: One past the last one, None without an answer.
        score: The probability that the model gives to it, among all spans and no answer.
        alternatives: The next best spans, the best first; none twice.
        no_answer: How many logits "no answer" is ahead of the best span.
    """

    text: str
    start: int | None
    end: int | None
    score: float
    alternatives: tuple[Span, ...] = field(default=(), compare=False)
    no_answer: float = field(default=0.0, compare=False)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The best spans, the answer first where it is one."""
        if self.start is None or self.end is None:
            return self.alternatives
        return (Span(self.text, self.start, self.end, self.score), *self.alternatives)


def decode(
    outputs: Sequence[Arrays],
    rows: Sequence[Arrays],
    *,
    threshold: float | None,
    longest: int = 30,
    count: int = 5,
) -> Answer:
    """Return the answer to one question, given a model's outputs for its windows.

    The score of a span is its start logit and its end logit, summed; in a word that several windows
    have, the best counts. No answer has the lowest score among windows, as Devlin et al. 2019
    (arXiv:1810.04805, section 4.3) compare them.

    Args:
        outputs: `logits` `[2, cells]` of each window, of which cell 0 is "no answer".
        rows: The windows.
        threshold: How many logits "no answer" has to be ahead; None always gives a span.
        longest: Words that an answer has at most.
        count: How many spans are returned.
    """
    logits = [
        np.asarray(each["logits"], "float64")[:, : len(row["word_starts"])]
        for each, row in zip(outputs, rows, strict=True)
    ]
    scores = join_scores(logits, rows, longest)
    none = min(float(each[0, 0] + each[1, 0]) for each in logits)
    best = _best(scores, count)
    places = _places(rows)
    if not best:
        return Answer("", None, None, 1.0)
    total = np.logaddexp(none, _log_sum(scores))
    spans = tuple(
        _span(rows, places, first, last, float(np.exp(scores[first, last - first] - total)))
        for first, last in best
    )
    ahead = none - float(scores[best[0][0], best[0][1] - best[0][0]])
    if threshold is not None and ahead > threshold:
        return Answer("", None, None, float(np.exp(none - total)), spans, ahead)
    chosen, *others = spans
    return Answer(chosen.text, chosen.start, chosen.end, chosen.score, tuple(others), ahead)


def join_scores(logits: Sequence[np.ndarray], rows: Sequence[Arrays], longest: int) -> np.ndarray:
    """Return the score of each span of all windows, `[words, longest]`: first word, words more.

    What no window holds is -inf.
    """
    words = max(
        int(row["first_word"]) + each.shape[1] - 1 for each, row in zip(logits, rows, strict=True)
    )
    scores = np.full((words, longest), -np.inf)
    for each, row in zip(logits, rows, strict=True):
        starts, ends, first = each[0, 1:], each[1, 1:], int(row["first_word"])
        for more in range(min(longest, len(starts))):
            place = scores[first : first + len(starts) - more, more]
            np.maximum(place, starts[: len(starts) - more] + ends[more:], out=place)
    return scores


def _best(scores: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Return first and last word of the best spans; of equal ones the first and shortest."""
    flat = scores.ravel()
    known = np.flatnonzero(np.isfinite(flat))
    if len(known) > 4 * count:
        cut = np.partition(flat[known], -count)[-count]
        known = known[flat[known] >= cut]
    order = known[np.argsort(-flat[known], kind="stable")][:count]
    return [
        (int(place // scores.shape[1]), int(sum(divmod(place, scores.shape[1])))) for place in order
    ]


def _log_sum(scores: np.ndarray) -> float:
    highest = scores.max()
    return float(highest + np.log(np.exp(scores - highest).sum()))


def _places(rows: Sequence[Arrays]) -> dict[int, tuple[int, int]]:
    """Return the window, and the cell in it, of each word: the first that has it."""
    places: dict[int, tuple[int, int]] = {}
    for window, row in enumerate(rows):
        for cell in range(1, len(row["char_starts"])):
            places.setdefault(int(row["first_word"]) + cell - 1, (window, cell))
    return places


def _span(
    rows: Sequence[Arrays],
    places: dict[int, tuple[int, int]],
    first: int,
    last: int,
    score: float,
) -> Span:
    window, cell = places[first]
    row = rows[window]
    if cell + last - first >= len(row["char_starts"]):
        # The window of its last word has all of it.
        window, end_cell = places[last]
        row, cell = rows[window], end_cell - (last - first)
    start, end = int(row["char_starts"][cell]), int(row["char_ends"][cell + last - first])
    return Span(text_of(row, start, end), start, end, score)


def text_of(row: Arrays, start: int, end: int) -> str:
    """Return characters of the context by their places in it, from a window that holds them."""
    base = int(row["char_starts"][1])
    return "".join(map(chr, row["characters"][start - base : end - base]))
