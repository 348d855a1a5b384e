"""What typing errors and negations do to the answers, on a sample of the test texts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .answers import Answers, chosen
from .perturbing import negated, typos

SAMPLE = 150
Change = Callable[[str, np.random.Generator], str]
CHANGES: dict[str, Change] = {
    "typos in 10 % of words": lambda text, rng: typos(text, 0.1, rng),
    "typos in 30 % of words": lambda text, rng: typos(text, 0.3, rng),
    "negations": lambda text, rng: negated(text),
}


def robustness(answers: Answers) -> dict:
    """For each change and model: accuracy before and after, and how many answers flip.

    Only texts that the change alters count.
    """
    rows = chosen(len(answers.texts), SAMPLE)
    asked, why = answers.askable(len(rows) * len(CHANGES))
    found = [_change(answers, rows, name, change, asked) for name, change in CHANGES.items()]
    return {
        "sample": len(rows),
        "teacher_missing": why,
        "changes": [each for each in found if each["texts"]],
    }


def _change(answers: Answers, rows: np.ndarray, name: str, change: Change, asked: dict) -> dict:
    changed = {int(i): change(answers.texts[i], np.random.default_rng(int(i))) for i in rows}
    rows = np.array([i for i, text in changed.items() if text != answers.texts[i]], "int64")
    texts, labels = [changed[i] for i in rows.tolist()], answers.labels[rows]
    found: dict = {"change": name, "texts": len(rows)}
    if texts:
        found["example"] = _around(answers.texts[rows[0]], texts[0])
    for model, ask in asked.items() if texts else ():
        before, after = answers.both[model][rows].argmax(axis=1), ask(texts).argmax(axis=1)
        found[model] = {
            "before": float(np.mean(before == labels)),
            "after": float(np.mean(after == labels)),
            "flipped": float(np.mean(before != after)),
        }
    return found


def _around(text: str, changed: str, words: int = 8) -> str:
    """A few words of the changed text, from shortly before the first that is another.

    >>> _around("one two three", "one tow three", 2)
    '… one tow …'
    """
    old, new = text.split(), changed.split()
    first = next((i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, first - words // 2)
    return f"… {' '.join(new[start : start + words])} …"
