"""Whether a model answers a text otherwise where padding stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..text import Encoder

_TEXTS = ["a film", "it is not what was hoped for, and there is nothing else to say of it", "no"]
_EXTRA = 8
"""Tokens of padding, with and without which each text is tried."""
_CLOSE = 5e-3
"""How far padding may move an output, as a share of its size."""

Arrays = dict[str, Any]


def depends_on_padding(encoder: Encoder, run: Callable[[list[int], int], Arrays]) -> bool:
    """Return whether a few texts get other answers with padding behind them.

    Args:
        encoder: Makes ids of the texts.
        run: Returns a model's outputs for ids with padding, of as many tokens as the text has.
    """
    padding = getattr(encoder, "pad_id", 0)
    for ids in encoder.encode_many(_TEXTS):
        room = min(_EXTRA, encoder.max_length - len(ids))
        if room <= 0:
            continue
        try:
            plain = run(ids, len(ids))
            padded = run([*ids, *[padding] * room], len(ids))
        # A model that needs more tokens than that says so in its own way.
        except Exception:
            return True
        if not all(_is_close(plain[name], padded[name]) for name in plain):
            return True
    return False


def _is_close(one: np.ndarray, other: np.ndarray) -> bool:
    size = np.abs(one[np.isfinite(one)]).max(initial=1e-3)
    return bool(np.allclose(one, other, rtol=0, atol=_CLOSE * size))
