"""The settings of a run for recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UserError

HISTORY, NEGATIVES, DIMENSIONS, SCALE = "history", "negatives", "dimensions", "scale"
LENGTH = "item_length"
DEFAULTS: Mapping[str, Any] = {
    # The rating from which on an item was liked.
    "liked_from": 4.0,
    # Of a user's liked items, the last ones.
    HISTORY: 10,
    # Candidates beside the right one.
    NEGATIVES: 15,
    # The share of the items that no training example has.
    "new_items": 0.1,
    # Likes of a user who is in validation and test.
    "least": 5,
    # Training examples of one user.
    "most": 100,
    DIMENSIONS: 64,
    # Of the products of vectors, which are at most 1.
    SCALE: 20.0,
}
_LEAST = {HISTORY: 1, NEGATIVES: 1, DIMENSIONS: 2, "least": 3, "most": 1}


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse settings that no run can have.

    Raises:
        UserError: One that is no number, or out of its range.
    """
    for name, least in _LEAST.items():
        value = settings[name]
        if type(value) is not int or value < least:
            raise UserError(f"{name} is {value!r}: write a whole number, {least} or more.")
    for name in ("liked_from", "new_items", SCALE):
        if isinstance(settings[name], bool) or not isinstance(settings[name], (int, float)):
            raise UserError(f"{name} is {settings[name]!r}: write a number.")
    if not 0 <= settings["new_items"] < 1:
        raise UserError(f"new_items is {settings['new_items']}: write a share, 0 <= value < 1.")
    if settings[SCALE] <= 0:
        raise UserError(f"scale is {settings[SCALE]}: write a number above 0.")
