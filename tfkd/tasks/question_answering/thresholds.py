"""The threshold above which "no answer" is the answer, chosen on validation questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data import Example
from .spans import Answer
from .squad_scores import score_answer


def choose_threshold(answers: Sequence[Answer], examples: Sequence[Example], method: str) -> float:
    """Return how many logits "no answer" has to be ahead of the best span for the greatest F1.

    As the script of SQuAD 2.0 chooses it. Of several thresholds the one nearest to 0 is taken, and
    0 where no validation question is without an answer.

    Args:
        answers: A model's answers, whatever threshold they were given with.
        examples: The questions; those without labels do not count.
        method: What F1 compares.
    """
    known = [(a, e) for a, e in zip(answers, examples, strict=True) if e.get("label") is not None]
    if all(example["label"] for _, example in known):
        return 0.0
    ahead = np.array([answer.no_answer for answer, _ in known])
    gains = np.array([_gain(answer, example, method) for answer, example in known])
    order = np.argsort(ahead, kind="stable")
    ahead, totals = ahead[order], np.concatenate([[0.0], np.cumsum(gains[order])])
    # A threshold lies between two different numbers, or beyond them.
    cuts = np.flatnonzero(np.concatenate([[True], ahead[1:] > ahead[:-1], [True]]))
    edges = np.concatenate([[ahead[0] - 1.0], ahead, [ahead[-1] + 1.0]])
    middles = (edges[cuts] + edges[cuts + 1]) / 2
    best = np.flatnonzero(totals[cuts] >= totals[cuts].max() - 1e-9)
    nearest = best[np.argmin(np.abs(middles[best]))]
    return float(np.round(middles[nearest], 6))


def _gain(answer: Answer, example: Example, method: str) -> float:
    """Return how much better the best span scores than no answer."""
    golds = [text for text, _ in example["label"]]
    texts = (answer.spans[0].text if answer.spans else "", "")
    span, none = (score_answer(text, golds, example["context"], method)[1] for text in texts)
    return span - none
