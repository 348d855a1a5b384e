"""Which words an answer rests on: how much its probability falls when each is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...data import Example
from .answers import Answers, Ask, text_roles
from .differences import most_different

TEXTS = 6
MOST_PARTS = 60
"""A longer text is left out a few words at a time."""
EMPTY = "."
"""What is left of a text of one word."""


def occlusion(answers: Answers) -> dict[str, Any] | None:
    """Return, for the texts that differ most, the effect of each part on the student's answer.

    `None` where a task gives its answers no probability, or reads other than one text.
    """
    roles = text_roles(answers.task)
    if len(roles) != 1 or answers.task.confidence(answers.student[0]) is None:
        return None
    rows = most_different(answers, TEXTS).tolist()
    texts = [answers.examples[i][roles[0]] for i in rows]
    models, missing = answers.models_within_budget(sum(len(split_text(text)) for text in texts))
    return {
        "title": "The words that answers rest on",
        "nav": "Words",
        "missing": missing,
        "figures": [
            {
                "kind": "texts",
                "legend": {"for": "for the student's answer", "against": "against it"},
                "texts": [_weigh_parts(answers, i, roles[0], models) for i in rows],
            }
        ],
        "note": "Each word, or few words of a long text, is left out in turn; the colour is how "
        "much the probability of the student's answer falls (for) or rises (against), relative to "
        "the strongest in that text. Words that only count together stay pale.",
    }


def split_text(text: str, most: int = MOST_PARTS) -> list[str]:
    """Return the words of a text, or parts of a few words each.

    >>> split_text("a long and slow film", 3)
    ['a long', 'and slow', 'film']
    """
    words = text.split()
    step = -(-len(words) // most)
    return [" ".join(words[at : at + step]) for at in range(0, len(words), step)]


def _weigh_parts(answers: Answers, i: int, role: str, models: Mapping[str, Ask]) -> dict[str, Any]:
    """Return the parts of an example, and their effects by model."""
    task, example = answers.task, answers.examples[i]
    parts, answer = split_text(example[role]), task.summarize(answers.student[i])
    rest = [
        Example({**example, role: " ".join(parts[:at] + parts[at + 1 :]) or EMPTY})
        for at in range(len(parts))
    ]
    weights = {}
    for model, ask in models.items():
        whole = task.confidence(answers.by_model[model][i], answer)
        left = [task.confidence(other, answer) for other in ask(rest)]
        weights[model] = {
            "probability": whole,
            "effects": [(whole or 0.0) - (likely or 0.0) for likely in left],
        }
    label = answers.expected(example)
    head = [
        *(["Label ", {"bold": label}, ", the student says "] if label else ["The student says "])
    ]
    return {"head": [*head, {"bold": answer}], "parts": parts, "models": weights}
