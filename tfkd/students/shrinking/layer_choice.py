"""Which layers are kept."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import UserError


def choose_layers(layers: int | Sequence[int] | None, count: int) -> tuple[int, ...]:
    """Return which of `count` layers are kept; `None` keeps all.

    >>> choose_layers(3, 6), choose_layers(6, 12), choose_layers((0, 2), 4), choose_layers(None, 2)
    ((0, 2, 5), (0, 2, 4, 6, 8, 11), (0, 2), (0, 1))
    """
    if layers is None:
        return tuple(range(count))
    if isinstance(layers, int):
        if not 1 <= layers <= count:
            raise UserError(f"layers={layers} of a model of {count}: write 1 to {count}.")
        # Whole numbers alone: 15 / 11 * 11 is less than 15.
        return tuple((count - 1) * number // max(layers - 1, 1) for number in range(layers))
    numbers = tuple(layers)
    if not numbers or any(not isinstance(n, int) or not 0 <= n < count for n in numbers):
        raise UserError(
            f"layers={layers!r} of a model of {count}: write numbers from 0 to {count - 1}."
        )
    return numbers
