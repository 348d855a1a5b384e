"""Tables as a LiteRT file stores them in 4 bits: rows of whole blocks, or steps of a scale."""

from __future__ import annotations

import math

import numpy as np

BLOCK = 32
"Numbers of a row that have a scale together."
SINGLE = 256
"Numbers of a table of one column that have a scale together."
_STEPS = 7
"The greatest number of four bits."
_FEW = 4
"Blocks of a row that are read for one vector of it."
_WASTE = 0.1
"The share of zeros that fill rows up to whole blocks, at most."


def together(width: int) -> int:
    """Return how many vectors of a width one row holds: the fewest that fill its blocks.

    Exactly, where a row of a few blocks can be; else up to a tenth.

    Args:
        width: Numbers of a vector.

    >>> [together(width) for width in (3, 16, 32, 48, 300)]
    [32, 2, 1, 2, 1]
    """
    exact = BLOCK // math.gcd(BLOCK, width)
    if exact * width <= _FEW * BLOCK:
        return exact
    count = 1
    while -(count * width) % BLOCK > _WASTE * count * width:
        count += 1
    return count


def rows_of(numbers: np.ndarray) -> np.ndarray:
    """Return a table as it is stored: `together` vectors in a row, filled up with zeros.

    Args:
        numbers: One vector in each row.
    """
    rows, width = numbers.shape
    count = together(width)
    vectors = np.zeros((-(-rows // count) * count, width), "float32")
    vectors[:rows] = numbers
    packed = vectors.reshape(-1, count * width)
    return np.pad(packed, [(0, 0), (0, -packed.shape[1] % BLOCK)])


def steps_of(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers as steps from -7 to 7, not yet rounded, and what a step is worth.

    Two steps are a row; each `SINGLE` numbers share a scale, which is rounded up to float16.

    Args:
        numbers: One for each id.

    >>> steps, scales = steps_of(np.array([3.5, -1.0, 0.0, 0.5], "float32"))
    >>> steps.tolist(), scales.tolist()
    ([[7.0, -2.0], [0.0, 1.0]], [0.5])
    """
    blocks = np.pad(numbers, (0, -len(numbers) % SINGLE)).reshape(-1, SINGLE)
    exact = np.abs(blocks).max(axis=1) / _STEPS
    scales = exact.astype("float16")
    scales = np.where(scales < exact, np.nextafter(scales, np.float16(np.inf)), scales)
    scales = np.where(scales == 0, np.float16(1), scales)
    steps = (blocks / scales[:, None].astype("float32")).ravel()[: len(numbers)]
    return np.pad(steps, (0, len(steps) % 2)).reshape(-1, 2), scales
