"""Which axes of a teacher's outputs count the tokens of a text, its words, or what is written."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .keys import Example
from .manifest import AXES
from .row_lengths import Lengths
from .teacher_function import Arrays

INVARIANT = 1e-3  # how much padding may move an output
_EXTRA = 8
"""Tokens or words of padding with which an example is tried, beside none."""
Axes = dict[str, tuple[int, ...]]


def probe_axes(
    run: Callable[[Example, Lengths], Arrays], example: Example, lengths: Lengths, counts: str
) -> Axes | None:
    """Return the axes of each output that grow with an example's padding.

    Args:
        run: The teacher, for an example that is padded to these lengths.
        example: The example.
        lengths: How long it is.
        counts: What is padded: `"length"` for tokens, `"words"`, or `"target"`.

    Returns:
        The axes, without that of the batch; `None` where the padding changes an output, or the
        teacher takes one length only.
    """
    length = lengths.of(counts)
    place = AXES.index(counts)
    longer = Lengths(*(n + _EXTRA * (i == place) for i, n in enumerate(lengths)))
    try:
        short, long = run(example, lengths), run(example, longer)
    # A model of one length says so in its own way.
    except Exception:
        return None
    axes = {}
    for name, one in short.items():
        two = long[name]
        axes[name] = tuple(
            i - 1 for i, (a, b) in enumerate(zip(one.shape, two.shape, strict=True)) if a != b
        )
        # An axis that is not as long as the text is of something else than its tokens.
        if any(one.shape[i + 1] != length for i in axes[name]):
            return None
        if not _same(one[0], narrow(two[0], axes[name], length)):
            return None
    return axes


def narrow(array: np.ndarray, axes: tuple[int, ...], length: int) -> np.ndarray:
    """Cut some axes of an array to a length."""
    for axis in axes:
        array = array.take(range(length), axis=axis)
    return array


def _same(one: np.ndarray, two: np.ndarray) -> bool:
    one, two = one.astype("float32"), two.astype("float32")
    scale = np.abs(one[np.isfinite(one)]).max(initial=1e-3)
    return bool(np.allclose(one, two, rtol=0, atol=INVARIANT * scale, equal_nan=True))
