"""Articles with paragraphs and questions about them, nested as in SQuAD: one row a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .faults import Faults
from .file_kinds import Row

NESTED = "paragraphs"
_SHAPE = (
    '{"title": ..., "paragraphs": [{"context": ..., "qas": [{"question": ..., "answers": ...}]}]}'
)


def has_articles(values: Sequence[Any]) -> bool:
    """Return whether any of the objects of a file is an article with paragraphs.

    >>> has_articles([{"title": "Rome", "paragraphs": []}]), has_articles([{"text": "a film"}])
    (True, False)
    """
    return any(isinstance(value, dict) and NESTED in value for value in values)


def read_articles(path: Path, articles: Sequence[Any], faults: Faults) -> Iterator[Row]:
    """Yield a row for each question: the article's title, the paragraph's context, its own fields.

    A question without `answers` has None there, and is one without a label.

    Args:
        path: The file, for the errors.
        articles: The objects of its list.
        faults: Takes what is no article, paragraph or question.
    """
    number = 0
    for place, article in enumerate(articles, 1):
        where = f"{path}, article {place}"
        title = article.get("title") if isinstance(article, dict) else None
        for paragraph in _list_of(article, NESTED, where, faults):
            if not isinstance(paragraph, dict) or not isinstance(paragraph.get("context"), str):
                faults.add(f"{where}: a paragraph without a 'context'; expected {_SHAPE}.")
                continue
            for question in _list_of(paragraph, "qas", where, faults):
                number += 1
                named = f" ({question.get('id')})" if isinstance(question, dict) else ""
                at = f"{path}, question {number}{named}"
                if not isinstance(question, dict):
                    faults.add(f"{at}: a JSON {type(question).__name__}; expected {_SHAPE}.")
                    continue
                known = {"title": title, "context": paragraph["context"]}
                yield Row(at, {"question": None, "answers": None, **known, **question})


def _list_of(value: Any, name: str, where: str, faults: Faults) -> Sequence[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, list):
        return found
    faults.add(f"{where}: no list {name!r}; expected {_SHAPE}.")
    return ()
