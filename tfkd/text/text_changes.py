"""Changes of texts that are made anew in each pass of a training, drawn by a seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from .perturbing import add_typos, change_case, drop_words

CHANGES: dict[str, Callable[[str, float, np.random.Generator], str]] = {
    "typos": add_typos,
    "case": change_case,
    "drop": drop_words,
}
"""What can be done to a share of the words of a text."""
SHARE = 0.1
"""Of the words, where nothing else is written."""
KEPT = 0.5
"""How likely a text stays as it is in a pass, so that the student does not forget clean ones."""


@dataclass(frozen=True)
class TextChange:
    """One kind of change, and the share of the words that it is made to.

    Attributes:
        kind: One of `CHANGES`.
        share: Of the words, above 0 and up to 1.
    """

    kind: str
    share: float = SHARE

    def __call__(self, text: str, rng: np.random.Generator) -> str:
        """Return a text with this change."""
        return CHANGES[self.kind](text, self.share, rng)


def parse_change(spec: str) -> TextChange:
    """Read a change as settings write it, `typos` or `typos:0.2`.

    Args:
        spec: A kind, and the share of the words.

    Raises:
        UserError: No such kind, or no share.

    >>> parse_change("drop:0.2")
    TextChange(kind='drop', share=0.2)
    """
    kind, colon, written = spec.partition(":")
    if kind not in CHANGES:
        raise UserError(f"no change of texts is called {spec!r}: write {', '.join(CHANGES)}.")
    if not colon:
        return TextChange(kind)
    is_number = re.fullmatch(r"\d*\.?\d+", written)
    if not is_number or not 0 < float(written) <= 1:
        raise UserError(
            f"{spec}: write the share of the words, above 0 and up to 1, e.g. {kind}:{SHARE}."
        )
    return TextChange(kind, float(written))


def change_text(text: str, changes: Iterable[TextChange], rng: np.random.Generator) -> str:
    """Return a text with all changes one after the other.

    Args:
        text: The text.
        changes: What is done to it.
        rng: Draws the words.
    """
    for change in changes:
        text = change(text, rng)
    return text
