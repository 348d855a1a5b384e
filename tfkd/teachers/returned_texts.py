"""What a function returned for some texts, read as the texts that it wrote."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from ..errors import UserError
from ..text.decoding import Hypothesis

_WANTED = (
    "return for each a text, (text, score), or a list of (text, score), where a larger score is "
    "better"
)


def read_returned(returned: Any, sources: Sequence[str], origin: str) -> list[list[Hypothesis]]:
    """Return what a function wrote for each source, best first.

    Args:
        returned: What it returned.
        sources: What it read.
        origin: What to call it.

    Raises:
        UserError: Something else than one text, or several, for each source.

    >>> read_returned([("ein Hund", -0.5)], ["a dog"], "it")
    [[Hypothesis(ids=(), text='ein Hund', score=-0.5, finished=True)]]
    >>> [each.text for each in read_returned([[("er", -2), ("sie", -1)]], ["x"], "it")[0]]
    ['sie', 'er']
    """
    if isinstance(returned, (str, bytes, Mapping)) or not isinstance(returned, Iterable):
        raise UserError(
            f"the teacher {origin} returned {_show(returned)} for {len(sources)} texts: it gets a "
            f"list of them; {_WANTED}."
        )
    each = list(returned)
    if len(each) != len(sources):
        raise UserError(
            f"the teacher {origin} returned {len(each)} texts for {len(sources)}, first of "
            f"{sources[0][:60]!r}: return one for each of them, in their order."
        )
    return [_read_one(one, source, origin) for one, source in zip(each, sources, strict=True)]


def _read_one(one: Any, source: str, origin: str) -> list[Hypothesis]:
    """Return the texts for one source."""
    if isinstance(one, str):
        return [Hypothesis((), str(one))]
    several = [one] if _is_scored(one) else one
    known = isinstance(several, (list, tuple)) and several and all(map(_is_scored, several))
    if not known:
        raise UserError(
            f"the teacher {origin} returned {_show(one)} for {source[:60]!r}: {_WANTED}."
        )
    found = [Hypothesis((), str(text), float(score)) for text, score in several]
    # Of equal ones the order is the function's.
    return sorted(found, key=lambda text: -(text.score or 0.0))


def _is_scored(value: Any) -> bool:
    """Return whether it is a text with a finite number."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    text, score = value
    return isinstance(text, str) and _is_number(score)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _show(value: Any) -> str:
    """Return a value, shortened, with its type where that does not show."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{type(value).__name__} {shown[:60]}..."
