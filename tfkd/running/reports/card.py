"""The model card of a run, `README.md` in its folder, unless somebody has changed it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...files import replace_when_whole
from .card_text import card_text

NAME = "README.md"
_MARK = "<!-- written by tfkd, and again while nobody has changed it: "


def write_card(folder: Path) -> bool:
    """Write the card of a finished run; return whether it was written.

    A card that somebody has changed, or another README, stays as it is.
    """
    path = folder / NAME
    if path.is_file() and not is_unmodified(path.read_text(encoding="utf-8", errors="replace")):
        return False
    with replace_when_whole(path) as part:
        part.write_text(sign(card_text(folder)), encoding="utf-8")
    return True


def sign(card: str) -> str:
    """Return the card with a line at its end that holds its digest."""
    return f"{card}\n{_MARK}{_digest(card)} -->\n"


def is_unmodified(text: str) -> bool:
    """Return whether a file is a card as `sign` returned it.

    >>> is_unmodified(sign("a card")), is_unmodified(sign("a card").replace("a", "my"))
    (True, False)
    """
    card, mark, rest = text.rpartition(f"\n{_MARK}")
    return bool(mark) and rest == f"{_digest(card)} -->\n"


def _digest(card: str) -> str:
    return hashlib.sha256(card.encode("utf-8")).hexdigest()[:16]
