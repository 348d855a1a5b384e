"""The scores of several folds: mean and standard deviation of each model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..files import replace_when_whole
from ..tasks import Measure
from .report import Report

JSON, MARKDOWN = "cross_validation.json", "cross_validation.md"


@dataclass(frozen=True)
class CrossValidation:
    """What the runs of all folds scored, each on the texts of its own fold.

    Attributes:
        folder: Where the folds are, and this is saved.
        title: The heading of the table.
        reports: Those of the folds, in their order.
        worker: The number of the worker that returns this.
    """

    folder: Path
    title: str
    reports: tuple[Report, ...]
    worker: int = 0

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What the scores mean, by key; the first one is the headline."""
        return self.reports[0].measures

    @property
    def scores(self) -> dict[str, dict[str, list[float]]]:
        """The scores by model and measure, one for each fold."""
        return {
            # Where the quantisation is chosen, each fold may have another one.
            _common_name([row.name for row in rows]): {
                key: [row.scores[key] for row in rows]
                for key in self.measures
                if all(key in row.scores for row in rows)
            }
            for rows in zip(*(report.rows for report in self.reports), strict=True)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values for JSON."""
        models = {
            name: {
                key: {"mean": mean_of(values), "sd": spread_of(values), "folds": values}
                for key, values in measures.items()
            }
            for name, measures in self.scores.items()
        }
        return {"title": self.title, "folds": len(self.reports), "models": models}

    def markdown(self) -> str:
        """Return the table and what it says as Markdown."""
        heads = ("", *(measure.title for measure in self.measures.values()))
        lines = [heads, ("---", *("---:" for _ in self.measures))]
        for name, scores in self.scores.items():
            cells = (_spell(self.measures[key], values) for key, values in scores.items())
            lines.append((name, *cells, *[""] * (len(self.measures) - len(scores))))
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return "\n".join((f"# {self.title}", "", table, "", *self.words, ""))

    @property
    def words(self) -> list[str]:
        """The difference between the students, and what the numbers after ± are."""
        scores, key = self.scores, next(iter(self.measures))
        note = f"After ±: the standard deviation over {len(self.reports)} folds."
        if not {"distilled", "alone"} <= set(scores):
            return [note]
        gains = np.subtract(scores["distilled"][key], scores["alone"][key]).tolist()
        sign = 1 if self.measures[key].higher_is_better else -1
        better = sum(sign * gain > 0 for gain in gains)
        measure = self.measures[key]
        mean, spread = mean_of(gains), spread_of(gains)
        gain = f"{mean:+.4f} ± {spread:.4f}"
        if measure.in_hundreds:
            gain = f"{100 * mean:+.2f} ± {100 * spread:.2f} points of"
        return [
            f"Distilled against alone: {gain} {measure.title}; better in {better} of "
            f"{len(gains)} folds.",
            note,
        ]

    def show(self, console: Any = None) -> None:
        """Print table and words.

        Args:
            console: Where to, if not to the screen: a console of the package rich.
        """
        from rich.console import Console
        from rich.table import Table

        console = console or Console(highlight=False, soft_wrap=True)
        table = Table("", *(m.title for m in self.measures.values()), title=self.title)
        for name, scores in self.scores.items():
            cells = (_spell(self.measures[key], values) for key, values in scores.items())
            table.add_row(name, *cells)
        console.print(table)
        for line in self.words:
            console.print(line, markup=False)

    def save(self) -> None:
        """Write `cross_validation.json` and `.md` into the folder."""
        numbers = json.dumps(self.to_dict(), indent=1, ensure_ascii=False)
        for name, text in ((JSON, f"{numbers}\n"), (MARKDOWN, self.markdown())):
            with replace_when_whole(self.folder / name) as part:
                part.write_text(text, encoding="utf-8")


def _common_name(names: Sequence[str]) -> str:
    return names[0] if len(set(names)) == 1 else names[0].partition(" (")[0]


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of the folds."""
    return float(np.mean(values))


def spread_of(values: Sequence[float]) -> float:
    """Return the standard deviation of a fold's score.

    >>> spread_of([1.0, 2.0, 3.0])
    1.0
    """
    return float(np.std(values, ddof=1))


def _spell(measure: Measure, values: Sequence[float]) -> str:
    mean, spread = mean_of(values), spread_of(values)
    if measure.in_hundreds:
        unit = " %" if measure.unit == "share" else ""
        return f"{100 * mean:.2f} ± {100 * spread:.2f}{unit}"
    return f"{mean:.4f} ± {spread:.4f}"
