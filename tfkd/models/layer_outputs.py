"""Other outputs of one layer, while a model runs inside a block."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_CHANGING = threading.local()
Change = Callable[[int, Any], Any]
"""What becomes of an output, given the number of the layer's call in the block."""


@contextmanager
def changing_output(layer: Any, change: Change) -> Iterator[None]:
    """Change what a layer returns, in this thread and within the block; at other times it is as is.

    Args:
        layer: A Keras layer.
        change: Returns the output in place of another one.
    """
    _make_changeable(layer)
    before = getattr(_CHANGING, "changes", {})
    # Replicas of a strategy run side by side, each in a thread of its own.
    _CHANGING.changes = {**before, id(layer): (change, [0])}
    try:
        yield
    finally:
        _CHANGING.changes = before


def _make_changeable(layer: Any) -> None:
    """Look for a change whenever a layer is called; once for each layer."""
    original = layer.call
    if getattr(original, "is_changeable", False):
        return

    @functools.wraps(original)
    def changeable(*args: Any, **options: Any) -> Any:
        value = original(*args, **options)
        change, calls = getattr(_CHANGING, "changes", {}).get(id(layer), (None, None))
        if change is None:
            return value
        calls[0] += 1
        return change(calls[0] - 1, value)

    changeable.__dict__["is_changeable"] = True
    layer.call = changeable
