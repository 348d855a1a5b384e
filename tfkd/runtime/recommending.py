"""What a user may like next: the items of an index that are nearest to the mean of a history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import UserError
from .vector_index import find_greatest

if TYPE_CHECKING:
    from .predictor import Predictor
    from .vector_index import Index


class Recommended(NamedTuple):
    """An entry of an index, and how well it fits: the higher, the better."""

    entry: Any
    score: float


def recommend(
    predictor: Predictor, index: Index, liked: Sequence[str], k: int = 10
) -> list[Recommended]:
    """Return the items of an index that a user may like next, the best one first.

    A user is the mean of the vectors of what was liked, without the last number, which fills each
    vector up to unit length. What was liked is not recommended again where it is an entry.

    Args:
        predictor: An opened file that gives vectors of items.
        index: The items that can be recommended, made with this file.
        liked: The texts of what the user liked, at least one; they need not be in the index.
        k: How many to return.

    Raises:
        UserError: Nothing was liked, fewer items than `k`, or an index of another file.

    ```python
    predictor = tfkd.runtime.load("student.tflite")
    index = tfkd.runtime.Index.of(predictor, catalogue)
    tfkd.runtime.recommend(predictor, index, ["Alien (1979)"], k=5)
    ```
    """
    index.check(predictor)
    if isinstance(liked, str) or not len(liked):
        raise UserError(
            "nothing was liked: give a list of at least one item's text; to a user without a "
            "history, recommend what most people like."
        )
    user = predictor.embed(list(liked)).mean(axis=0)
    user[-1] = 0.0
    scores = index.vectors @ user
    known = set(liked)
    own = [isinstance(entry, str) and entry in known for entry in index.entries]
    left = len(index) - sum(own)
    if not 1 <= k <= left:
        raise UserError(f"k is {k!r}: write a number from 1 to {left}, the items that are left.")
    scores[np.array(own, bool)] = -np.inf
    places = find_greatest(scores, k)
    return [Recommended(index.entries[place], float(scores[place])) for place in places]
