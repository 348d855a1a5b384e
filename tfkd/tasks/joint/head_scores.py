"""Scores of answers by head: each head's own, their mean, and how often all are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example, Schema
from ...errors import UserError
from .._base import Measure
from .heads import Head

MEAN, ALL_RIGHT = "mean", "all_right"
RIGHT = 1.0 - 1e-9
Answer = Mapping[str, Any]
"""The answer of each head by its name."""


def name_measures(heads: Sequence[Head]) -> dict[str, Measure]:
    """Return the measures of all heads, each with the name of its head; first their mean."""
    first = [next(iter(head.task.measures.values())) for head in heads]
    shares = all(measure.points == 100.0 for measure in first)
    measures = {
        MEAN: Measure(
            f"mean of {' and '.join(m.title for m in first)}", "share" if shares else "number"
        ),
        ALL_RIGHT: Measure("all right"),
    }
    for head in heads:
        for name, measure in head.task.measures.items():
            measures[head.inside(name)] = Measure(
                f"{head.name} {measure.title}",
                measure.unit,
                higher_is_better=measure.higher_is_better,
            )
    return measures


def score_heads(
    heads: Sequence[Head], answers: Sequence[Answer], examples: Sequence[Example]
) -> dict[str, float]:
    """Return all measures; of each head its labelled examples count.

    Raises:
        UserError: None of the examples has a label of one of the heads.
    """
    scores: dict[str, float] = {}
    headlines = []
    for head in heads:
        own, of_head = labelled_part(head, answers, examples)
        if not of_head:
            raise UserError(
                f"none of the {len(examples)} examples has a label of the head {head.name}: give "
                "some, or leave the head out."
            )
        found = head.task.score(own, of_head)
        scores.update({head.inside(name): value for name, value in found.items()})
        key, measure = next(iter(head.task.measures.items()))
        headlines.append(found[key] if measure.higher_is_better else -found[key])
    right = all_right(heads, answers, examples)
    known = right[~np.isnan(right)]
    # Unknown where no example has the labels of all heads.
    share = float(known.mean()) if len(known) else float("nan")
    return {MEAN: float(np.mean(headlines)), ALL_RIGHT: share, **scores}


def labelled_part(
    head: Head, answers: Sequence[Answer], examples: Sequence[Example]
) -> tuple[list[Any], list[Example]]:
    """Return a head's answers to the examples that have its label, and these."""
    of_head = [head.example(example) for example in examples]
    known = [i for i, example in enumerate(of_head) if head.task.is_labelled(example)]
    return [answers[i][head.name] for i in known], [of_head[i] for i in known]


def rate_heads(
    heads: Sequence[Head], answers: Sequence[Answer], examples: Sequence[Example]
) -> np.ndarray:
    """Return how good each answer of each head is, `[heads, examples]`, NaN without a label."""
    return np.array(
        [
            head.task.per_example(
                [answer[head.name] for answer in answers], [head.example(e) for e in examples]
            )
            for head in heads
        ]
    )


def all_right(
    heads: Sequence[Head], answers: Sequence[Answer], examples: Sequence[Example]
) -> np.ndarray:
    """Return 1 where the answers of all heads are right, else 0; NaN where a label is missing."""
    rates = rate_heads(heads, answers, examples)
    right = (rates >= RIGHT).all(axis=0).astype(float)
    return np.where(np.isnan(rates).any(axis=0), np.nan, right)


def mean_headline(
    heads: Sequence[Head], answers: Sequence[Answer], examples: Sequence[Example]
) -> Callable[[np.ndarray], float]:
    """Return the mean of the heads' headlines as a function of positions of examples."""
    parts = []
    for head in heads:
        own = [head.example(example) for example in examples]
        known = np.array([head.task.is_labelled(example) for example in own], bool)
        score = head.task.headline([answer[head.name] for answer in answers], own)
        first = next(iter(head.task.measures.values()))
        parts.append((score, known, 1.0 if first.higher_is_better else -1.0))

    def mean(rows: np.ndarray) -> float:
        rows = np.asarray(rows)
        there = [(score, rows[known[rows]], sign) for score, known, sign in parts]
        return float(np.mean([sign * score(own) for score, own, sign in there if len(own)]))

    return mean


def section_of(head: Head, section: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return a section of one head's answers as one of the answers of all heads."""

    def figures(
        answers: Mapping[str, Sequence[Answer]], examples: Sequence[Example], schema: Schema
    ) -> dict[str, Any]:
        own = {model: [each[head.name] for each in given] for model, given in answers.items()}
        made = section(own, [head.example(example) for example in examples], head.schema(schema))
        return {**made, "title": f"{head.name}: {made.get('title', '')}"} if made else made

    return figures
