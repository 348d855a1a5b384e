"""What each compression of a run left of its students, and what was brought back after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..tasks import Measure


@dataclass(frozen=True)
class CompressionStep:
    """The students after one step.

    Attributes:
        name: What was done: a compression, or a training that heals one.
        parameters: Of the distilled student.
        zeros: The share of them that is zero.
        scores: The measure of each student on the validation examples; `None` without labels.
    """

    name: str
    parameters: int
    zeros: float
    scores: Mapping[str, float | None]


@dataclass(frozen=True)
class CompressionSteps:
    """The students of a run step by step.

    Attributes:
        measure: What the scores are.
        steps: The students as they were trained, after each compression, and healed.
    """

    measure: Measure
    steps: tuple[CompressionStep, ...]

    def table(self) -> str:
        """Return a line for each step as Markdown."""
        students = list(self.steps[0].scores)
        titles = [f"{name}, {self.measure.title} on validation" for name in students]
        lines = [
            f"| {' | '.join(['compression', *titles, 'parameters', 'zeros'])} |",
            f"| --- |{' ---: |' * (len(students) + 2)}",
        ]
        for step in self.steps:
            scores = [step.scores.get(name) for name in students]
            cells = ["" if score is None else self.measure.format(score) for score in scores]
            cells += [f"{step.parameters:,}", Measure("zeros").format(step.zeros)]
            lines.append(f"| {' | '.join([step.name, *cells])} |")
        return "\n".join(lines)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CompressionSteps:
        """Return what `dataclasses.asdict` made plain."""
        steps = tuple(CompressionStep(**step) for step in values["steps"])
        return cls(Measure(**values["measure"]), steps)
