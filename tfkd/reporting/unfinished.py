"""Was a training long enough? Read from the numbers of its epochs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

FALL = 0.02
"""The share of the loss by which the last epochs of a training that is not finished lower it."""


def is_improving(history: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a training ended while its loss was still falling.

    The loss is that on the validation set where there is one: it does not fall for ever. The last
    third of the epochs is compared with the others.

    Args:
        history: The numbers of each epoch, by name.

    >>> is_improving([{"loss": 3.0}, {"loss": 2.0}, {"loss": 1.5}])
    True
    >>> is_improving([{"loss": 3.0, "val_loss": 2.0}, {"loss": 2.0, "val_loss": 2.0}])
    False
    """
    key = "val_loss" if all("val_loss" in line for line in history) else "loss"
    losses = [float(line[key]) for line in history if key in line]
    last = max(1, len(losses) // 3)
    if len(losses) < 2:
        return False
    return min(losses[-last:]) < min(losses[:-last]) * (1 - FALL)


def advise_longer(improving: Collection[str]) -> str:
    """Say which of two students were not trained to the end; nothing where both were.

    Args:
        improving: Those that were still improving, of "distilled" and "alone".

    >>> advise_longer(["alone"])
    'The student alone was still improving when its training ended: train longer (--epochs).'
    """
    words = {
        frozenset(("distilled", "alone")): "Both students were still improving when their",
        frozenset(("distilled",)): "The distilled student was still improving when its",
        frozenset(("alone",)): "The student alone was still improving when its",
    }
    begin = words.get(frozenset(improving))
    return "" if begin is None else f"{begin} training ended: train longer (--epochs)."
