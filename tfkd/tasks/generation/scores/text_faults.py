"""Texts that are wrong whatever was wanted: empty ones, loops, and copies of the source.

* **empty**: no letter and no digit.
* **looping**: the same words at least three times in a row, such as "the the the" or "I do not
  know, I do not know, I do not know"; of one letter or character five times, or any letters of a
  word eight times. What a reference repeats may be repeated.
* **copied**: a chrF of at least 0.8 to the source, and nearer to it than to each reference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from .chrf import sentence_chrf
from .counted_words import split_units

FAULTS = ("empty", "looping", "copied")
COPY = 0.8
_TIMES, _TIMES_OF_ONE = 3, 5
_IN_A_WORD = re.compile(r"([^\W\d_]{1,4}?)\1{7,}")


def faults(
    written: Sequence[str],
    references: Sequence[Sequence[str]],
    sources: Sequence[str] | None = None,
) -> dict[str, float]:
    """Return the share of texts with each fault.

    Args:
        written: The texts.
        references: What would have been right for each; none where that is not known.
        sources: What each was written from; `None` where there is no source to copy.

    >>> faults(["the the the", "", "a man"], [["a man"]] * 3)
    {'empty': 0.3333333333333333, 'looping': 0.3333333333333333, 'copied': 0.0}
    """
    found = find_faults(written, references, sources)
    return {fault: float(np.mean(which)) for fault, which in found.items()}


def find_faults(
    written: Sequence[str],
    references: Sequence[Sequence[str]],
    sources: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Return which texts have each fault, `[texts]`, bool.

    Args:
        written: The texts.
        references: What would have been right for each; none where that is not known.
        sources: What each was written from; `None` where there is no source to copy.
    """
    pairs = list(zip(written, references, strict=True))
    copied = np.zeros(len(pairs), bool)
    if sources is not None:
        triples = zip(pairs, sources, strict=True)
        copied = np.array([is_copied(*pair, source) for pair, source in triples], bool)
    return {
        "empty": np.array([not split_units(text) for text in written], bool),
        "looping": np.array([is_looping(text, right) for text, right in pairs], bool),
        "copied": copied,
    }


def is_looping(text: str, references: Sequence[str] = ()) -> bool:
    """Return whether a text repeats itself where no reference does.

    >>> is_looping("The The The"), is_looping("ha ha"), is_looping("no no no", ["No, no, no!"])
    (True, False, False)
    """
    return _repeats(text) and not any(map(_repeats, references))


def is_copied(text: str, references: Sequence[str], source: str) -> bool:
    """Return whether a text is the source, or nearly, where it should not be.

    >>> is_copied("A man sleeps.", ["Ein Mann schläft."], "A man sleeps")
    True
    >>> is_copied("Bob Dylan", ["Bob Dylan"], "Bob Dylan")
    False
    """
    # No n-gram is shared by texts of which one is far longer.
    if not 0.5 * len(source) < len(text) < 2 * len(source) + 1:
        return False
    near = sentence_chrf(text, [source])
    return near >= COPY and not (references and sentence_chrf(text, references) >= near)


def _repeats(text: str) -> bool:
    units = split_units(text)
    return _IN_A_WORD.search(text.lower()) is not None or any(
        _has_run(units, period) for period in range(1, len(units) // _TIMES + 1)
    )


def _has_run(units: list[str], period: int) -> bool:
    """Return whether the same `period` words follow each other often enough."""
    in_a_row = 0
    for place in range(period, len(units)):
        in_a_row = in_a_row + 1 if units[place] == units[place - period] else 0
        of_one = period == 1 and len(units[place]) == 1
        if in_a_row >= period * ((_TIMES_OF_ONE if of_one else _TIMES) - 1):
            return True
    return False
