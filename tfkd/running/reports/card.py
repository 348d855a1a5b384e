"""The model card of a run, `README.md` in its folder, unless somebody has changed it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...files import replace_when_whole
from .card_text import text

NAME = "README.md"
_MARK = "<!-- written by tfkd, and again while nobody has changed it: "


def write(folder: Path) -> bool:
    """Write the card of a finished run; whether it was written.

    A card that somebody has changed, or another README, stays as it is.
    """
    path = folder / NAME
    if path.is_file() and not untouched(path.read_text(encoding="utf-8", errors="replace")):
        return False
    with replace_when_whole(path) as part:
        part.write_text(marked(text(folder)), encoding="utf-8")
    return True


def marked(card: str) -> str:
    """The card with a line at its end by which it is known again."""
    return f"{card}\n{_MARK}{_digest(card)} -->\n"


def untouched(found: str) -> bool:
    """Whether this is a card as it was written.

    >>> untouched(marked("a card")), untouched(marked("a card").replace("a", "my"))
    (True, False)
    """
    card, mark, rest = found.rpartition(f"\n{_MARK}")
    return bool(mark) and rest == f"{_digest(card)} -->\n"


def _digest(card: str) -> str:
    return hashlib.sha256(card.encode("utf-8")).hexdigest()[:16]
