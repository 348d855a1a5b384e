"""What a student may answer by itself: how often it is wrong where it answers the surest only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..refusal import auroc, coverage_at
from .answers import Answers

POINTS = 100
"""Points of a curve."""
SHARES = (0.99, 0.98, 0.95)
"""Shares of right answers whose coverage is told."""


def coverage(answers: Answers) -> dict[str, Any] | None:
    """Return the wrong answers by the share that is answered, and the certificate of the run.

    Nothing of a task whose answers have no confidence, or that writes: a text that is not its
    reference, letter by letter, is not wrong for that.
    """
    task = answers.task
    if task.writes:
        return None
    likely = [task.confidence(answer) for answer in answers.student]
    if not likely or any(each is None for each in likely):
        return None
    confidence = np.array(likely, "float64")
    series = _wrong_answers(answers)
    points = [
        {"x": x, "y": y, "series": name, "split": "training"}
        for name, wrong in series.items()
        for x, y in risk_by_coverage(confidence[wrong >= 0], wrong[wrong >= 0] > 0)
    ]
    curve = {
        "kind": "curve",
        "caption": "Share of wrong answers by the share of texts that is answered, surest first",
        "x": {"title": "answered", "unit": "share", "domain": [0, 1]},
        "y": {"title": "wrong", "unit": "share"},
        "points": points,
    }
    figures: list[Any] = [[curve], _table(confidence, series)]
    certificate = answers.facts.get("certificate")
    if certificate:
        figures.append(_certificates(certificate))
    holds = (
        "The certified shares hold with 95 % confidence for texts of the same source."
        if certificate
        else "`tfkd certify` finds a threshold that holds for other texts of the same source, too."
    )
    return {
        "title": "What it may answer by itself",
        "nav": "Coverage",
        "figures": figures,
        "note": "AUROC is how often a wrong answer is less sure than a right one: 0.5 by chance. "
        f"The shares that are answered are of these texts, and chosen on them. {holds}",
    }


def risk_by_coverage(
    confidence: np.ndarray, wrong: np.ndarray, most: int = POINTS
) -> list[tuple[float, float]]:
    """Return the share that is answered with the share of these that is wrong, surest first.

    Texts of one confidence are answered together. Confidence that is NaN is not answered.

    Args:
        confidence: Of each answer, `[texts]`.
        wrong: Whether it is wrong.
        most: Points to return at most.

    >>> risk_by_coverage(np.array([0.9, 0.8, 0.8, 0.6]), np.array([False, True, False, True]))
    [(0.25, 0.0), (0.75, 0.3333333333333333), (1.0, 0.5)]
    """
    order = np.argsort(-confidence, kind="stable")
    order = order[~np.isnan(confidence[order])]
    if not len(order):
        return []
    ranked, errors = confidence[order], np.cumsum(wrong[order])
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    ends = ends[np.unique(np.linspace(0, len(ends) - 1, min(most, len(ends))).round().astype(int))]
    return [(float((e + 1) / len(confidence)), float(errors[e] / (e + 1))) for e in ends]


def _wrong_answers(answers: Answers) -> dict[str, np.ndarray]:
    """Return whether answers differ from labels and from the teacher: 1, 0, or -1 of no label."""
    quality = answers.task.per_example(answers.student, answers.examples)
    known = ~np.isnan(quality)
    series = {}
    if known.any():
        series["the labels"] = np.where(known, quality < 1, -1).astype(int)
    if answers.teacher is not None:
        series["the teacher"] = (~answers.task.same(answers.student, answers.teacher)).astype(int)
    return series


def _table(confidence: np.ndarray, series: Mapping[str, np.ndarray]) -> dict[str, Any]:
    rows = []
    for name, wrong in series.items():
        counted = (wrong >= 0) & ~np.isnan(confidence)
        sure, errors = confidence[counted], wrong[counted] > 0
        told = auroc(-sure, errors) if 0 < errors.sum() < len(errors) else None
        answered = [coverage_at(share, sure, ~errors).share if len(sure) else 0 for share in SHARES]
        rate = float(errors.mean()) if len(errors) else None
        rows.append([name, int(counted.sum()), rate, told, *answered])
    return {
        "kind": "table",
        "caption": "Answers of the file, compared",
        "columns": [
            {"title": "compared with", "unit": "name"},
            {"title": "texts", "unit": "count"},
            {"title": "wrong", "unit": "share"},
            {"title": "AUROC of wrong answers", "unit": "number"},
            *({"title": f"answered at {share:.0%}", "unit": "share"} for share in SHARES),
        ],
        "rows": rows,
    }


def _certificates(certificate: Mapping[str, Any]) -> dict[str, Any]:
    ask_below = certificate["ask_below"]
    return {
        "kind": "table",
        "caption": f"Certified with {certificate['file']} against the {ask_below['against']} "
        f"({ask_below['data']}); it asks below {ask_below['confidence']:.4f}",
        "columns": [
            {"title": "may be wrong", "unit": "share"},
            {"title": "held-out texts", "unit": "count"},
            {"title": "answered", "unit": "share"},
            {"title": "wrong here", "unit": "count"},
            {"title": "wrong at most", "unit": "share"},
        ],
        "rows": [
            [each["risk"], each["texts"], each["share"], each["wrong"], each["bound"]]
            for each in certificate["shown"]
            if each["threshold"] is not None
        ],
    }
