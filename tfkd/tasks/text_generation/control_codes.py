"""Words in front of a text that say what it is like."""

from __future__ import annotations

from typing import Any

CONTROL = "control"
"The role of a word that a text is to be like, such as `positive`."


def spell_code(control: Any) -> str:
    """Return a control code as it stands in front of a text; nothing where there is none.

    Args:
        control: The word, with or without its brackets.

    >>> spell_code("positive"), spell_code("<sad>"), spell_code(None)
    ('<positive>', '<sad>', '')
    """
    if control is None:
        return ""
    word = str(control)
    return word if word.startswith("<") and word.endswith(">") else f"<{word}>"
