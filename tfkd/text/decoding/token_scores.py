"""How likely each token is to come next, and which may not come at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import UserError
from .decoding_settings import Decoding


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the log-probability of each token, `[texts, vocabulary]`, float32.

    Args:
        logits: Of the next token of each text; -inf for what never comes.

    Raises:
        UserError: NaN, +inf, or no token at all.
    """
    logits = np.asarray(logits, np.float32)
    peak = logits.max(axis=-1, keepdims=True)
    # A NaN anywhere makes the greatest number one too.
    if not np.isfinite(peak).all():
        raise UserError(
            "the model gives NaN or infinite logits for the next token: it is damaged, or its "
            "training went wrong; train or export it again."
        )
    scores = logits - peak
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))


def ban(scores: np.ndarray, ids: Sequence[int], end_id: int, decoding: Decoding) -> np.ndarray:
    """Return the log-probabilities after a text, -inf for tokens that may not follow.

    Args:
        scores: The log-probability of each token, `[vocabulary]`.
        ids: The tokens of the text so far.
        end_id: The token that ends a text.
        decoding: Says how short a text may be, and what may be repeated.

    >>> ban(np.zeros(4, np.float32), [1, 2, 1], 0, Decoding(no_repeat=2)).tolist()
    [0.0, 0.0, -inf, 0.0]
    """
    banned = repeating(ids, decoding.no_repeat) if decoding.no_repeat else []
    if len(ids) < decoding.shortest:
        banned.append(end_id)
    if not banned:
        return scores
    scores = scores.copy()
    scores[banned] = -np.inf
    return scores


def repeating(ids: Sequence[int], length: int) -> list[int]:
    """Return the tokens with which a run of so many tokens would occur for the second time.

    Args:
        ids: The tokens of a text so far.
        length: Of a run, at least 1.

    >>> repeating([5, 6, 7, 5, 6], 3)
    [7]
    """
    last = tuple(ids[len(ids) - length + 1 :])
    if len(last) < length - 1:
        return []
    places = range(len(ids) - length + 1)
    return [ids[at + length - 1] for at in places if tuple(ids[at : at + length - 1]) == last]
