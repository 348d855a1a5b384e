"""Which columns of a file are its texts: one, or the two of a pair; never one left out unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import UserError
from .column_names import ACCOMPANYING
from .columns import Columns
from .questions import first_rows
from .reader import PAIR

SAMPLE = 50  # rows that are looked at
WORDS = 4  # of a text, on average
DIFFERENT = 0.5  # the share of rows with a text of their own: names repeat
# Chinese, Japanese and Korean write no spaces.
_LETTERS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def split_names(text_column: str | None) -> dict[str, str]:
    """Return the columns of texts by role, from one name or from two with a comma.

    Args:
        text_column: `"review"`, `"premise,hypothesis"`, or None.

    Raises:
        UserError: More than two names, or an empty one.

    >>> split_names("premise, hypothesis")
    {'text': 'premise', 'text_pair': 'hypothesis'}
    """
    if text_column is None:
        return {}
    names = [name.strip() for name in text_column.split(",")]
    if len(names) > 2 or not all(names) or len(set(names)) < len(names):
        raise UserError(
            f"--text-column {text_column}: write one column, or the two of a pair, such as "
            "premise,hypothesis."
        )
    return dict(zip(("text", PAIR), names, strict=False))


def refuse_other_texts(path: Path, columns: Columns, label: str) -> None:
    """Refuse a file with a column of texts that nobody reads and nobody leaves out.

    Args:
        path: The file.
        columns: Those that are read.
        label: The column of labels that was found.

    Raises:
        UserError: There is one; names what to write for either.
    """
    roles = [role for role, column in columns.reader.columns.items() if column.kind == "text"]
    stream = columns.rows(path, columns.reading_of(False))
    rows = first_rows(stream, SAMPLE) if roles and not columns.ignore_texts else []
    known = columns.reader.columns_for(rows[0] if rows else (), columns.named)
    roles = [role for role in roles if role in known]
    if not rows or not roles:
        return
    found = columns.find(path, rows[0], labelled=False)
    texts = [found[role] for role in roles if role in found]
    read = {
        label,
        *texts,
        *(columns.named.get(role, column.default) for role, column in known.items()),
    }
    others = [
        name
        for name in rows[0]
        if name not in read
        and name.lower() not in ACCOMPANYING
        and are_texts(row.get(name) for row in rows)
    ]
    if not others:
        return
    pairs = "pair" in getattr(columns.reader, "defaults", {"pair": False})
    both = f"--text-column {texts[0]},{others[0]} to read both as a pair, or "
    both = both if pairs and len(texts) == 1 else ""
    raise UserError(
        f"{path} has more texts than are read: {', '.join(map(repr, others))} next to "
        f"{' and '.join(map(repr, texts))}. Write {both}--ignore-texts "
        f"to read {' and '.join(map(repr, texts))} alone."
    )


def are_texts(values: Iterable[Any]) -> bool:
    """Return whether values of a column are texts, and no names, dates or addresses.

    >>> are_texts(["A man plays a guitar.", "Nobody is on the stage."])
    True
    >>> are_texts(["2020-01-01 10:00", "https://a.org/b"]), are_texts(["card lost or stolen"] * 9)
    (False, False)
    """
    values = list(values)
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if not texts or len(texts) < len(values) / 2:
        return False
    words = sum(map(_count_words, texts)) / len(texts)
    return words >= WORDS and len(set(texts)) > DIFFERENT * len(texts)


def _count_words(text: str) -> int:
    dense = len(_LETTERS.findall(text))
    return dense or sum(any(map(str.isalpha, word)) for word in text.split())
