"""An answer that a language model wrote as JSON, out of what it said around it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

_THOUGHTS = re.compile(r"<(think|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_FENCE = re.compile(r"```(?:json)?\s*(\{.*?)```", re.DOTALL | re.IGNORECASE)


def read_object(text: str, required: Sequence[str]) -> dict[str, Any]:
    r"""Return the object that an answer is, or that it has in a fence or behind a few words.

    Args:
        text: The answer.
        required: The names that the object has to have.

    Raises:
        ValueError: There is none; in a few words, why.

    >>> read_object('Sure! ```json\n{"number": 3}\n```', ["number"])
    {'number': 3}
    """
    text = leave_out_thoughts(text)
    if not text:
        raise ValueError("it is empty")
    fenced = _FENCE.search(text)
    text = fenced[1] if fenced else text
    start = text.find("{")
    if start < 0:
        raise ValueError("it has no JSON object")
    try:
        found, _ = json.JSONDecoder(parse_constant=_refuse).raw_decode(text[start:])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({error})") from None
    missing = [name for name in required if name not in found]
    if missing:
        raise ValueError(f"it has no {missing[0]!r}")
    return found


def leave_out_thoughts(text: str) -> str:
    """Return an answer without what a model thought before it, finished or not.

    >>> leave_out_thoughts("<think>hm</think> yes"), leave_out_thoughts("<think>hm")
    ('yes', '')
    """
    return _THOUGHTS.sub("", text).strip()


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
