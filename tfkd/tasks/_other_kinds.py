"""What files of other kinds look like, so that an error can say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TRANSLATIONS = "sentences with their translations"
SUMMARIES = "texts with their summaries"
PROMPTS = "prompts with the answers of a language model"


def describe_other_kind(fields: Mapping[str, Any]) -> str:
    """Return what a row looks like that has no text with one label, or nothing.

    >>> describe_other_kind({"tokens": ["a", "b"], "ner_tags": [0, 1]})
    'words with a tag each (names, parts of speech)'
    >>> describe_other_kind({"text": "a film", "label": 1})
    ''
    """
    names = {name.strip().casefold() for name in fields}
    lists = [value for value in fields.values() if isinstance(value, list) and value]
    if len(lists) > 1 and any(isinstance(each[0], str) for each in lists):
        return "words with a tag each (names, parts of speech)"
    told = names & {"context", "passage", "paragraph", "document"}
    if "question" in names and ("answers" in names or (told and "answer" in names)):
        return "questions with their answers in a text"
    if {"title", "paragraphs"} <= names or isinstance(fields.get("paragraphs"), list):
        return "questions with their answers in a text (SQuAD's JSON)"
    languages = [name for name in names if len(name) == 2 and name.isalpha() and name != "id"]
    sources, targets = names & {"src", "source_text"}, names & {"tgt", "trg", "target", "mt"}
    if "translation" in names or len(languages) > 1 or (sources and targets):
        return TRANSLATIONS
    # Reviews have summaries too, next to their stars.
    alone = names <= {"id", "text", "summary", "highlights", "title", "url"}
    if (alone or names & {"article", "document", "dialogue"}) and names & {"summary", "highlights"}:
        return SUMMARIES
    if "messages" in names or "conversations" in names or {"prompt", "completion"} <= names:
        return PROMPTS
    if names & {"image", "img", "pixels"}:
        return "images"
    return "sounds" if names & {"audio", "speech"} else ""
