"""The n-grams behind an answer, as lines for a terminal. No TensorFlow here."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..data import Example
from ..errors import UserError
from ..runtime import Predictor
from ..runtime.reasons import find_reasons

MOST = 12
"N-grams that a terminal shows."


def check_why(args: argparse.Namespace, predictor: Predictor) -> None:
    """Refuse `--why` where no reasons can be shown.

    Args:
        args: Of `tfkd predict`.
        predictor: The file.

    Raises:
        UserError: They go to a table, or the file reads no texts.
    """
    if not args.why:
        return
    if args.to is not None:
        raise UserError("--to writes a table, which has no place for reasons: write --why --jsonl.")
    if not predictor.task.reads_texts or predictor.task.writes:
        raise UserError(
            f"--why lists the n-grams of a text, and the task {predictor.task.name} has none to "
            "list: leave it out."
        )


def reasons_of(predictor: Predictor, example: Example | None) -> dict[str, Any]:
    """Return the reasons of an answer as plain values, none for a record without a text.

    Args:
        predictor: The file.
        example: What it answered.
    """
    return {} if example is None else {"why": asdict(find_reasons(predictor, example))}


def lines_of(values: Mapping[str, Any]) -> list[str]:
    """Return the largest parts of a score, one a line, those that speak against it too.

    Args:
        values: Of `reasons_of`.

    >>> why = {"label": "pos", "score": 1.5, "rest": 0.25, "ngrams": {"not bad": 2.0, "bad": -0.75}}
    >>> lines_of({"why": why})
    ['  +2.00  not bad', '  -0.75  bad', '  +0.25  (every text)', '  =1.50  for pos']
    """
    if "why" not in values:
        return []
    why = values["why"]
    ngrams = list(why["ngrams"].items())
    lines = [f"  {weight:+.2f}  {ngram}" for ngram, weight in ngrams[:MOST]]
    if len(ngrams) > MOST:
        left = sum(weight for _, weight in ngrams[MOST:])
        lines.append(f"  {left:+.2f}  ({len(ngrams) - MOST} more)")
    lines.append(f"  {why['rest']:+.2f}  (every text)")
    goal = f"  for {why['label']}" if why["label"] else ""
    return [*lines, f"  ={why['score']:.2f}{goal}"]
