"""Section of the report's page: how well which questions are answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example, Schema
from ...text.words import split_words
from .spans import Answer
from .squad_scores import score_answer

QUESTION_WORDS = ("what", "which", "who", "whose", "when", "where", "why", "how")
_LENGTHS = ((1, "1 word"), (3, "2 to 3 words"), (8, "4 to 8 words"))


def by_question(
    answers: Mapping[str, Sequence[Answer]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return exact match and F1 by the word that asks, and by the length of the answer.

    Args:
        answers: The answers to the examples by model.
        examples: Those without labels do not count.
        schema: What the training split fixed.
    """
    method = str(schema.settings.get("f1", "auto"))
    known = [i for i, example in enumerate(examples) if example.get("label") is not None]
    groups: tuple[tuple[str, Callable[[Example], str]], ...] = (
        ("the word that asks", asking_word),
        ("the right answer", describe_length),
    )
    figures: list[Any] = []
    for model, given in answers.items():
        scores = {i: score_example(given[i], examples[i], method) for i in known}
        for title, group_of in groups:
            names = [group_of(examples[i]) for i in known]
            rows = [
                [name, *np.mean([scores[i] for i in places], axis=0).tolist(), len(places)]
                for name, places in _grouped(names, known).items()
            ]
            figures.append(
                {
                    "kind": "table",
                    "caption": f"{model.capitalize()}, by {title}",
                    "sortable": True,
                    "columns": [
                        {"title": title, "unit": "name"},
                        {"title": "exact match", "unit": "share"},
                        {"title": "F1", "unit": "share"},
                        {"title": "questions", "unit": "count"},
                    ],
                    "rows": rows,
                }
            )
    return {
        "title": "Which questions are answered",
        "nav": "Questions",
        "figures": figures,
        "note": "Exact match and F1 as the scripts of SQuAD and CMRC 2018 count them, against the "
        "right answer that is nearest.",
    }


def score_example(answer: Answer, example: Example, method: str) -> tuple[float, float]:
    """Return exact match and F1 of an answer to an example with right ones."""
    golds = [text for text, _ in example["label"]]
    return score_answer(answer.text, golds, example["context"], method)


def asking_word(example: Example) -> str:
    """Return the first word of a question that asks, or `other`.

    >>> asking_word(Example(question="In which year did he come?"))
    'which'
    """
    words = re.findall(r"[a-z]+", example["question"].lower())
    return next((word for word in words if word in QUESTION_WORDS), "other")


def describe_length(example: Example) -> str:
    """Return how long the first right answer is, `no answer` without one.

    >>> describe_length(Example(label=(("Denver Broncos", 177),)))
    '2 to 3 words'
    """
    if not example["label"]:
        return "no answer"
    words = len(split_words(example["label"][0][0]))
    return next((name for most, name in _LENGTHS if words <= most), "9 words or more")


def _grouped(names: Iterable[str], places: Sequence[int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for name, place in zip(names, places, strict=True):
        groups.setdefault(name, []).append(place)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))
