"""How surprised a model is by what was wanted, beside what it writes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...data import IGNORE, Example
from .._base import Arrays, AskedModel, Measure
from .scores import perplexity, reference_losses
from .written_answer import Written

PERPLEXITY = {
    "word_perplexity": Measure("perplexity by word", "number", higher_is_better=False),
}


def add_surprise(
    model: AskedModel, rows: Sequence[Arrays], answers: Sequence[Written]
) -> list[Written]:
    """Return answers with how surprised the model is by the labels of their rows.

    Rows without a target, and targets that are cut, stay as they are.

    Args:
        model: Gives logits for whole rows.
        rows: One for each answer.
        answers: What the model wrote.
    """
    known = [place for place, row in enumerate(rows) if row.get("labels", (IGNORE,))[-1] != IGNORE]
    found = list(answers)
    losses = reference_losses(model.run, [rows[place] for place in known])
    for place, (nats, tokens) in zip(known, losses.tolist(), strict=True):
        found[place] = replace(found[place], surprise=(nats, int(tokens)))
    return found


def measure_surprise(answers: Sequence[Written], examples: Sequence[Example]) -> dict[str, float]:
    """Return the perplexity by word of what was wanted; nothing where no model told it.

    Args:
        answers: With what `add_surprise` found.
        examples: Their labels are what was wanted.
    """
    pairs = zip(answers, examples, strict=True)
    known = [(a.surprise, e["label"]) for a, e in pairs if a.surprise and e.get("label")]
    if not known:
        return {}
    losses = np.array([surprise for surprise, _ in known], "float64")
    scores = perplexity(losses, [text for _, text in known])
    return {name: scores[name] for name in PERPLEXITY}
