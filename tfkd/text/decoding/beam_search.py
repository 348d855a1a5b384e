"""Follow the likeliest beginnings of a text at once; one of them is greedy decoding."""

from __future__ import annotations

import numpy as np

from .decoding_settings import Decoding
from .text_in_progress import Tokens, count_common
from .token_scores import ban


class Beams:
    """The likeliest beginnings of one text, and the texts that have ended.

    At each step, the `beams` likeliest continuations that are no end are followed. An end counts
    where it is among the `beams` likeliest continuations. The text is done when so many have ended
    and no beginning is better than the worst of them. Of equal scores, the better beginning comes
    first, and then the lower token.

    Args:
        end_id: The token that ends a text.
        decoding: How it is written.
    """

    def __init__(self, end_id: int, decoding: Decoding) -> None:
        self._end_id, self._decoding = end_id, decoding
        self._live = [Tokens()]
        self._ended: list[Tokens] = []
        self._cut: list[Tokens] = []

    @property
    def followed(self) -> int:
        """The number of beginnings that go on; 0 where the text is done."""
        return len(self._live)

    @property
    def settled(self) -> tuple[int, ...]:
        """The tokens that all texts which may still come out begin with."""
        texts = [text.ids for text in (*self._live, *self._ended, *self._cut)]
        return texts[0][: count_common(texts)]

    def advance(self, scores: np.ndarray) -> list[tuple[int, int]]:
        """Choose what comes next, as `TextInProgress` says."""
        beams, going = self._decoding.beams, list[tuple[int, int]]()
        parents, self._live = self._live, []
        closed = set()
        for rank, (place, token, score) in enumerate(self._continuations(parents, scores)):
            ids = parents[place].ids
            if token == self._end_id:
                if rank < beams:
                    self._ended.append(Tokens(ids, score, finished=True))
                    closed.add(place)
            elif len(going) < beams and len(ids) < self._decoding.longest:
                self._live.append(Tokens((*ids, token), score))
                going.append((place, token))
        if not going:
            # As long as a text may be, or nothing may follow.
            self._cut += [text for at, text in enumerate(parents) if at not in closed]
        elif self._is_done():
            self._live, going = [], []
        return going

    def results(self) -> list[Tokens]:
        """Return at most `beams` texts, the best first; those that were cut after all others."""
        return [*self._sorted(self._ended), *self._sorted(self._cut)][: self._decoding.beams]

    def _continuations(
        self, parents: list[Tokens], scores: np.ndarray
    ) -> list[tuple[int, int, float]]:
        """Return the best beginnings with their next tokens and scores, twice as many as beams.

        At most one end follows each beginning, so that enough others are among them.
        """
        allowed = (
            text.score + ban(row, text.ids, self._end_id, self._decoding).astype(np.float64)
            for text, row in zip(parents, scores, strict=True)
        )
        totals = np.concatenate(list(allowed))
        best = _best_places(totals, 2 * self._decoding.beams)
        width = scores.shape[-1]
        return [(int(at // width), int(at % width), float(totals[at])) for at in best]

    def _is_done(self) -> bool:
        beams, penalty = self._decoding.beams, self._decoding.length_penalty
        if len(self._ended) < beams:
            return False
        worst = sorted(text.judged(penalty) for text in self._ended)[-beams]
        return worst >= max(text.judged(penalty) for text in self._live)

    def _sorted(self, texts: list[Tokens]) -> list[Tokens]:
        penalty = self._decoding.length_penalty
        return sorted(texts, key=lambda text: (-text.judged(penalty), text.ids))


def _best_places(totals: np.ndarray, count: int) -> np.ndarray:
    """Return the places of the greatest numbers, of equal ones the first; none of -inf.

    >>> _best_places(np.array([0.5, 2.0, -np.inf, 2.0, 1.0]), 3).tolist()
    [1, 3, 4]
    """
    if count < len(totals):
        least = np.partition(totals, -count)[-count]
        found = np.flatnonzero((totals >= least) & (totals > -np.inf))
    else:
        found = np.flatnonzero(totals > -np.inf)
    return found[np.argsort(-totals[found], kind="stable")][:count]
