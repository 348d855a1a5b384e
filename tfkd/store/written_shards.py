"""One shard of written texts: JSON lines behind a line that tells whether they are whole."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from ..files import replace_when_whole
from ..text.decoding import Hypothesis

PREFIX, ENDING = "written-", ".jsonl"
Written = dict[str, tuple[Hypothesis, ...]]
"""The texts for each source, best first."""


def write_shard(path: Path, texts: Written, mark: str) -> None:
    """Write a shard aside, and give it its name when it is whole.

    Args:
        path: The file.
        texts: What it holds.
        mark: Says whose texts they are.
    """
    rows = (_to_json(source, each) for source, each in texts.items())
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    # Half a surrogate pair is no UTF-8, and JSON may hold one.
    body = lines.encode("utf-8", "surrogatepass")
    head = {"sources": len(texts), "mark": mark, "sha256": hashlib.sha256(body).hexdigest()}
    with replace_when_whole(path) as part:
        part.write_bytes(json.dumps(head).encode() + b"\n" + body)


def read_shard(path: Path, mark: str) -> Written:
    """Read a shard.

    Args:
        path: The file.
        mark: Says whose texts are wanted.

    Raises:
        ValueError: It is damaged, or holds the texts of another teacher.
    """
    line, _, body = path.read_bytes().partition(b"\n")
    try:
        head = json.loads(line)
        whole = head["sha256"] == hashlib.sha256(body).hexdigest()
        found = head["mark"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("is damaged") from None
    if not whole:
        raise ValueError("is damaged")
    if found != mark:
        raise ValueError("holds texts of another teacher, or written otherwise")
    # Only the line ends are ours: a text may hold other characters that part lines.
    rows = [json.loads(line) for line in body.split(b"\n") if line]
    return {row["source"]: tuple(map(_from_json, row["written"])) for row in rows}


def _to_json(source: str, texts: tuple[Hypothesis, ...]) -> dict[str, Any]:
    return {
        "source": source,
        "written": [
            {
                "text": each.text,
                "score": each.score if _is_number(each.score) else None,
                **({} if each.finished else {"finished": False}),
            }
            for each in texts
        ],
    }


def _from_json(row: dict[str, Any]) -> Hypothesis:
    return Hypothesis((), row["text"], row["score"], row.get("finished", True))


def _is_number(score: float | None) -> bool:
    return score is not None and math.isfinite(score)
