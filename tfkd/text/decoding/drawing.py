"""Draw a text token by token from the probabilities that a model gives."""

from __future__ import annotations

import numpy as np

from .decoding_settings import Decoding
from .text_in_progress import Tokens
from .token_scores import ban


class DrawnText:
    """A text whose tokens are drawn.

    Args:
        end_id: The token that ends a text.
        decoding: How it is written.
        key: A number of what the text depends on: the same key and seed draw alike, whatever is
            written beside it.
    """

    def __init__(self, end_id: int, decoding: Decoding, key: int) -> None:
        self._end_id, self._decoding = end_id, decoding
        self._random = np.random.default_rng([decoding.seed, key])
        self._text, self._done = Tokens(), False

    @property
    def followed(self) -> int:
        """1 while the text goes on, then 0."""
        return 0 if self._done else 1

    @property
    def settled(self) -> tuple[int, ...]:
        """The tokens so far."""
        return self._text.ids

    def advance(self, scores: np.ndarray) -> list[tuple[int, int]]:
        """Draw the next token, as `TextInProgress` says."""
        ids, score = self._text.ids, self._text.score
        allowed = ban(scores[0], ids, self._end_id, self._decoding)
        token = draw(allowed, self._decoding, self._random.random())
        self._done = token is None or token == self._end_id or len(ids) >= self._decoding.longest
        if token is not None and token == self._end_id:
            self._text = Tokens(ids, score + float(scores[0, token]), finished=True)
        if token is None or self._done:
            return []
        self._text = Tokens((*ids, token), score + float(scores[0, token]))
        return [(0, token)]

    def results(self) -> list[Tokens]:
        """Return the text."""
        return [self._text]


def draw(scores: np.ndarray, decoding: Decoding, chance: float) -> int | None:
    """Return a token that is drawn from log-probabilities; None where none may come.

    Args:
        scores: Of each token, `[vocabulary]`, -inf for those that may not come.
        decoding: Gives the temperature, and how many of the likeliest tokens take part.
        chance: A number from 0 to 1 that decides.

    >>> draw(np.log([0.5, 0.3, 0.2]), Decoding(temperature=1.0), 0.7)
    1
    """
    order = np.argsort(-scores, kind="stable")
    order = order[: np.count_nonzero(scores > -np.inf)][: decoding.top_k or None]
    if not len(order):
        return None
    scaled = scores[order].astype(np.float64) / decoding.temperature
    reached = np.cumsum(np.exp(scaled - scaled[0]))
    share = reached / reached[-1]
    # The last one is that with which the share is reached.
    count = int(np.searchsorted(share, decoding.top_p)) + 1 if decoding.top_p < 1 else len(order)
    count = min(count, len(order))
    place = np.searchsorted(reached[:count], chance * reached[count - 1], side="right")
    return int(order[min(int(place), count - 1)])
