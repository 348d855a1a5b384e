"""The same names of classes in two spellings, matched."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def match_names(theirs: Sequence[str], ours: Sequence[str]) -> list[int] | None:
    """Return where each of our names stands among theirs, `None` where they are other names.

    Upper and lower case do not count, nor do blanks and signs. An abbreviation is a name that one
    other name begins with.

    >>> match_names(("POSITIVE", "negative"), ("neg", "pos"))
    [1, 0]
    >>> match_names(("I-person", "B-person", "O"), ("O", "B-PER", "I-PER"))
    [2, 1, 0]
    >>> match_names(("good", "bad"), ("neg", "pos")) is None
    True
    """
    if len(theirs) != len(ours):
        return None
    for key, same in ((str.casefold, str.__eq__), (_plain, str.__eq__), (_plain, _abbreviates)):
        found = _match([key(name) for name in theirs], [key(name) for name in ours], same)
        if found is not None:
            return found
    return None


def _match(
    theirs: Sequence[str], ours: Sequence[str], same: Callable[[str, str], bool]
) -> list[int] | None:
    """Return the only place of each of ours among theirs; `None` where a name has none or two."""
    places = [[i for i, their in enumerate(theirs) if same(name, their)] for name in ours]
    if any(len(found) != 1 for found in places):
        return None
    order = [found[0] for found in places]
    return order if len(set(order)) == len(order) else None


def _plain(name: str) -> str:
    plain = re.sub(r"[\W_]+", "", name.casefold())
    # Names of signs alone, such as + and -, are what they are.
    return plain or name


def _abbreviates(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) > 1 and not short.isdecimal() and long.startswith(short))
