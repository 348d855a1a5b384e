"""Which words an answer rests on: how much its probability falls when each is left out."""

from __future__ import annotations

import numpy as np

from .answers import Answers, Asked
from .differences import widest

TEXTS = 6
PARTS = 60  # a longer text is left out a few words at a time
NOTHING = "."  # what is left of a text of one word


def attribution(answers: Answers) -> dict:
    """For the texts that differ most, the effect of each part on the student's answer."""
    rows = widest(answers, TEXTS)
    asked, why = answers.askable(sum(len(parts(answers.texts[i])) for i in rows))
    return {"teacher_missing": why, "shown": [_one(answers, int(i), asked) for i in rows]}


def parts(text: str, most: int = PARTS) -> list[str]:
    """The words of a text, or pieces of a few words each.

    >>> parts("a long and slow film", 3)
    ['a long', 'and slow', 'film']
    """
    words = text.split()
    step = -(-len(words) // most)
    return [" ".join(words[at : at + step]) for at in range(0, len(words), step)]


def _one(answers: Answers, i: int, asked: dict[str, Asked]) -> dict:
    pieces, of = parts(answers.texts[i]), int(answers.student[i].argmax())
    found: dict = {
        "label": answers.classes[answers.labels[i]],
        "answer": answers.classes[of],
        "parts": pieces,
    }
    for model, ask in asked.items():
        effects = answers.both[model][i, of] - without(pieces, ask)[:, of]
        found[model] = {
            "probability": float(answers.both[model][i, of]),
            "effects": effects.tolist(),
        }
    return found


def without(pieces: list[str], ask: Asked) -> np.ndarray:
    """The probabilities `[pieces, classes]` of the text without each of its pieces."""
    rest = (" ".join(pieces[:i] + pieces[i + 1 :]) for i in range(len(pieces)))
    return ask([each or NOTHING for each in rest])
