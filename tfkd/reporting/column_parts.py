"""The headline of several models on parts of the examples: by the values of a column."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import Example
from ..errors import UserError
from ..tasks import Measure, Task
from .intervals import mean_interval

MISSING = "(none)"
"""The part of examples without a value."""
MOST = 50
"""Parts that a table can show."""
_FEW = 12
"""Numbers of more different values than this are cut into quarters."""


@dataclass(frozen=True)
class ColumnPart:
    """Some of the examples.

    Attributes:
        name: The value of the column, or a range of numbers.
        examples: How many there are.
        scores: The headline of each model; `None` where no example has a label.
        intervals: Ends of the 95 % interval, where the headline is a mean over examples.
    """

    name: str
    examples: int
    scores: Mapping[str, float | None]
    intervals: Mapping[str, tuple[float, float] | None]


@dataclass(frozen=True)
class ColumnParts:
    """The examples by the values of a column.

    Attributes:
        by: The name of the column.
        measure: The headline of the task.
        parts: The greatest first; of numbers the smallest.
    """

    by: str
    measure: Measure
    parts: tuple[ColumnPart, ...]

    def table(self) -> str:
        """Return a line for each part as Markdown, with the intervals in brackets."""
        models = list(self.parts[0].scores) if self.parts else []
        lines = [
            f"| {_cell(self.by)} | examples | {' | '.join(map(_cell, models))} |",
            f"| --- | ---: |{' ---: |' * len(models)}",
        ]
        for part in self.parts:
            cells = [self._format(part, model) for model in models]
            lines.append(f"| {_cell(part.name)} | {part.examples:,} | {' | '.join(cells)} |")
        return "\n".join(lines)

    def _format(self, part: ColumnPart, model: str) -> str:
        value, ends = part.scores[model], part.intervals[model]
        if value is None:
            return ""
        shown = self.measure.format(value)
        return f"{shown} ({' to '.join(map(self.measure.format, ends))})" if ends else shown


def score_parts(
    task: Task,
    examples: Sequence[Example],
    answers: Mapping[str, Sequence[Any]],
    *,
    by: str,
    values: Sequence[Any],
) -> ColumnParts:
    """Return the headline of each model on the examples of each value.

    Args:
        task: Scores the answers.
        examples: What was answered.
        answers: Those of each model.
        by: What the values are called.
        values: One for each example; `None`, NaN and empty texts are one part.

    Raises:
        UserError: Another number of values than of examples, or too many different ones.
    """
    if len(values) != len(examples):
        raise UserError(f"{by} has {len(values):,} values for {len(examples):,} examples.")
    parts = []
    for name, rows in split_by_values(values, by).items():
        some = [examples[row] for row in rows]
        replies = {model: [each[row] for row in rows] for model, each in answers.items()}
        labelled = any(task.is_labelled(example) for example in some)
        means = task.headline_is_mean and labelled
        parts.append(
            ColumnPart(
                name,
                len(rows),
                {m: task.score(r, some)[_headline(task)] if labelled else None
                 for m, r in replies.items()},
                {m: mean_interval(task.per_example(r, some)) if means else None
                 for m, r in replies.items()},
            )
        )  # fmt: skip
    return ColumnParts(by, task.measures[_headline(task)], tuple(parts))


def split_by_values(values: Sequence[Any], by: str) -> dict[str, np.ndarray]:
    """Return the places of each value by its name; those of many numbers in quarters.

    Args:
        values: Any; numbers may be written as texts.
        by: What they are called, for the error.

    Raises:
        UserError: More different values than a table can show, and no numbers.

    >>> {name: rows.tolist() for name, rows in split_by_values(["a", None, "a"], "kind").items()}
    {'a': [0, 2], '(none)': [1]}
    """
    names = [_name(value) for value in values]
    counts = Counter(names)
    numbers = _numbers(names) if len(counts) > _FEW else None
    if numbers is not None:
        return _quarters(numbers)
    if len(counts) > MOST:
        raise UserError(
            f"{by} has {len(counts):,} different values, such as {_short(names[0])}: give a column "
            f"of at most {MOST}, or of numbers."
        )
    order = sorted(counts, key=lambda name: (name == MISSING, -counts[name], name))
    array = np.array(names, object)
    return {name: np.flatnonzero(array == name) for name in order}


def _headline(task: Task) -> str:
    return next(iter(task.measures))


def _name(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, (list, tuple, dict)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return " ".join(str(value).split()) or MISSING


def _numbers(names: Sequence[str]) -> np.ndarray | None:
    """Return the numbers that all names are, NaN of those that are missing; or nothing."""
    try:
        numbers = np.array([math.nan if name == MISSING else float(name) for name in names])
    except ValueError:
        return None
    return None if np.isinf(numbers).any() else numbers


def _quarters(numbers: np.ndarray) -> dict[str, np.ndarray]:
    known = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, [0.25, 0.5, 0.75]))
    quarters = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="left"))
    parts = [np.flatnonzero(quarters == quarter) for quarter in np.unique(quarters[quarters >= 0])]
    ends = [(numbers[rows].min(), numbers[rows].max()) for rows in parts]
    found = dict(zip(_spell_ranges(ends), parts, strict=True))
    missing = np.flatnonzero(quarters < 0)
    return {**found, **({MISSING: missing} if len(missing) else {})}


def _spell_ranges(ends: Sequence[tuple[float, float]]) -> list[str]:
    """Return a name for each range, with as many digits as tell all ends apart.

    >>> _spell_ranges([(0, 249), (250, 499)]), _spell_ranges([(1e9, 1e9 + 1), (1e9 + 2, 1e9 + 3)])
    (['0 to 249', '250 to 499'], ['1000000000 to 1000000001', '1000000002 to 1000000003'])
    """
    values = {end for both in ends for end in both}
    digits = next(n for n in range(6, 18) if len({f"{v:.{n}g}" for v in values}) == len(values))
    return [f"{low:.{digits}g} to {high:.{digits}g}" for low, high in ends]


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else f"{text[:29]}…")


def _cell(text: str) -> str:
    return text.replace("|", "/")[:60]
