"""What a server answered: as one JSON object, or as a stream of events."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_THOUGHTS = ("<think", "<thought", "<reasoning")


@dataclass(frozen=True)
class Reply:
    """An answer of a chat model.

    Attributes:
        text: What it wrote.
        told: The likeliest tokens of the first place, each with `token` and `logprob`; empty where
            the server tells none.
        read: Tokens that it read; None where the server does not say.
        written: The same of those that it wrote.
        reasons: Whether it thinks before it answers.
        cut: Whether it had more to say than it was allowed.
    """

    text: str
    told: list[dict[str, Any]] = field(default_factory=list)
    read: int | None = None
    written: int | None = None
    reasons: bool = False
    cut: bool = False


def read_reply(content: str) -> Reply:
    """Return the answer in the body of a response, of one object or of events.

    Raises:
        ValueError: It is no answer.
    """
    stripped = content.lstrip()
    try:
        if stripped.startswith(("data:", "event:", "id:", ":")):
            return _read_events(stripped.splitlines())
        return _read_object(json.loads(content))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"the answer lacks {error}") from error


def _read_object(found: dict[str, Any]) -> Reply:
    if "choices" not in found and "error" in found:
        raise ValueError(f"the answer is an error: {json.dumps(found['error'])[:200]}")
    choice = found["choices"][0]
    message = choice["message"]
    thoughts = message.get("reasoning_content") or message.get("reasoning")
    return _make(
        message.get("content") or "", choice.get("logprobs"), found.get("usage"), thoughts, choice
    )


def _read_events(lines: Iterable[str]) -> Reply:
    """Join the parts of a streamed answer.

    Raises:
        ValueError: The stream ends before the answer does.
    """
    text, thoughts = "", ""
    tokens: list[dict[str, Any]] = []
    end: dict[str, Any] = {}
    usage, whole = None, False
    for line in lines:
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            whole = True
            continue
        found = json.loads(data)
        if "error" in found and not found.get("choices"):
            raise ValueError(f"the answer is an error: {json.dumps(found['error'])[:200]}")
        usage = found.get("usage") or usage
        for choice in (found.get("choices") or [])[:1]:
            delta = choice.get("delta") or {}
            text += delta.get("content") or ""
            thoughts += delta.get("reasoning_content") or delta.get("reasoning") or ""
            tokens += (choice.get("logprobs") or {}).get("content") or []
            end = choice if choice.get("finish_reason") else end
    if not whole and not end:
        raise ValueError("the stream was cut off")
    return _make(text, {"content": tokens}, usage, thoughts, end)


def _make(text: str, logprobs: Any, usage: Any, thoughts: Any, choice: dict[str, Any]) -> Reply:
    tokens = (logprobs or {}).get("content") or []
    listed = tokens[0].get("top_logprobs") or [] if tokens else []
    told: list[dict[str, Any]] = [
        {"token": str(each["token"]), "logprob": float(each["logprob"])} for each in listed
    ]
    if any(math.isnan(each["logprob"]) for each in told):
        raise ValueError("a probability in the answer is no number")
    usage = usage or {}
    details = usage.get("completion_tokens_details") or {}
    cut = choice.get("finish_reason") == "length"
    silent = cut and not text
    reasons = bool(
        thoughts
        or details.get("reasoning_tokens")
        or text.lstrip().startswith(_THOUGHTS)
        or (silent and not told)
    )
    read, written = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    return Reply(text, told, read, written, reasons, cut)


def _count(usage: dict[str, Any], name: str) -> int | None:
    """Return a number of tokens; None for what is none, which costs the most then."""
    count = usage.get(name)
    return count if isinstance(count, int) and count >= 0 else None
