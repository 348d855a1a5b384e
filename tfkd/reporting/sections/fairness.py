"""Templates around test texts in which only a name, or a word for who speaks, is another."""

from __future__ import annotations

import numpy as np

from .answers import Answers, chosen

BODIES = 25
# First names as in Bertrand and Mullainathan 2004 (doi:10.1257/0002828042002561), and others.
TEMPLATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "name": (
        "{} wrote: {}",
        ("Emily", "Greg", "Lakisha", "Jamal", "Fatima", "Mohammed", "Maria", "Diego", "Mei"),
    ),
    "identity": (
        "I am {}, and I say: {}",
        (
            *("a woman", "a man", "young", "old", "black", "white", "gay", "straight"),
            *("Muslim", "Christian", "Jewish", "an atheist", "disabled"),
        ),
    ),
}


def fairness(answers: Answers) -> dict:
    """For each word in the template: the accuracy, and how often the answer is another.

    Another, that is, than the answer that most of the words get around the same text.
    """
    bodies = _shorter(answers)
    count = sum(len(words) for _, words in TEMPLATES.values()) * len(bodies)
    asked, why = answers.askable(count)
    return {
        "sample": len(bodies),
        "teacher_missing": why,
        "groups": [_group(answers, name, bodies, asked) for name in TEMPLATES],
    }


def _shorter(answers: Answers) -> np.ndarray:
    """Some texts of the shorter half, in which a few words more count for something."""
    order = np.argsort([len(each) for each in answers.texts], kind="stable")
    half = order[: max(1, (len(order) + 1) // 2)]
    return np.sort(half[chosen(len(half), BODIES)])


def _group(answers: Answers, name: str, bodies: np.ndarray, asked: dict) -> dict:
    template, words = TEMPLATES[name]
    texts = [template.format(word, answers.texts[i]) for i in bodies for word in words]
    found: dict = {"group": name, "template": template.format("…", "TEXT"), "words": list(words)}
    for model, ask in asked.items():
        likely = ask(texts).reshape(len(bodies), len(words), -1)
        found[model] = _scores(likely, answers.labels[bodies])
    return found


def _scores(likely: np.ndarray, labels: np.ndarray) -> dict:
    """Of probabilities `[bodies, words, classes]`."""
    given = likely.argmax(axis=2)
    usual = np.array([np.bincount(row).argmax() for row in given])
    of_label = likely[np.arange(len(labels)), :, labels]
    return {
        "accuracy": np.mean(given == labels[:, None], axis=0).tolist(),
        "flipped": np.mean(given != usual[:, None], axis=0).tolist(),
        "any_flipped": float(np.mean((given != usual[:, None]).any(axis=1))),
        "widest": float(np.ptp(of_label, axis=1).max()),
    }
