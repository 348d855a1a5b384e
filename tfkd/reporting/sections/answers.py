"""What the models of a run answer to its test examples, and what they can still be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ...data import Example, Schema
    from ...tasks import Task

SECONDS = 60.0
"""How long a teacher may take for one section of the page."""
Ask = Callable[[Sequence["Example"]], list[Any]]
"""A model as a function from examples to answers."""


@dataclass(frozen=True)
class Answers:
    """The answers of student and teacher to the same examples.

    Attributes:
        task: Scores and compares the answers.
        schema: What the training split fixed.
        examples: What was answered.
        student: Answers of the student, one for each example.
        ask: Asks the student about further examples.
        teacher: Answers of the teacher; `None` where there are none.
        ask_teacher: Asks the teacher; `None` where it cannot be run, then `facts` say why.
        rate: Examples that the teacher answered in a second when the run was measured.
        facts: What the page says of where the answers come from.
        by: The name of a column whose values the examples have, as `tfkd.data.columns.KEPT`.
        places: The number of each example in the test split, from 0.
        alone: Answers of the student that was trained without the teacher, where texts are shown
            side by side.
    """

    task: Task
    schema: Schema
    examples: Sequence[Example]
    student: Sequence[Any]
    ask: Ask
    teacher: Sequence[Any] | None = None
    ask_teacher: Ask | None = None
    rate: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    places: Sequence[int] = ()
    alone: Sequence[Any] | None = None

    @property
    def by_model(self) -> dict[str, Sequence[Any]]:
        """The answers by model, the teacher first where it has any."""
        models = {"teacher": self.teacher, "student": self.student}
        return {name: answers for name, answers in models.items() if answers is not None}

    @property
    def shown(self) -> dict[str, Sequence[Any]]:
        """The answers by model for sections of the task, that of the student last."""
        if self.alone is None:
            return self.by_model
        models = {**self.by_model, "alone": self.alone}
        return {name: models[name] for name in ("teacher", "alone", "student") if name in models}

    @property
    def quality_title(self) -> str:
        """What the mean of `Task.per_example` is called."""
        headline = next(iter(self.task.measures.values()))
        return headline.title if self.task.headline_is_mean else "quality"

    @property
    def quality_heading(self) -> str:
        """`quality_title` as a sentence begins."""
        return self.quality_title[:1].upper() + self.quality_title[1:]

    def quality(self) -> dict[str, np.ndarray]:
        """Return how good each answer of each model is, `[examples]`; NaN without a label."""
        return {
            name: self.task.per_example(answers, self.examples)
            for name, answers in self.by_model.items()
        }

    def texts(self) -> list[str]:
        """Return what is read of each example, several texts as one; of others their numbers."""
        if not self.task.reads_texts:
            places = self.places or range(len(self.examples))
            return [f"{self.task.things.removesuffix('s')} {place}" for place in places]
        return ["\n".join(self.task.texts(example)) for example in self.examples]

    def expected(self, example: Example) -> str:
        """Return the label of an example in words; empty where it has none."""
        if not self.task.is_labelled(example):
            return ""
        told = self.task.spell_label(example)
        if told is not None:
            return told
        roles = [role for role, column in self.task.columns.items() if not column.required]
        labels = (example[role] for role in roles if role in example)
        return ", ".join(_spell(label, self.schema.labels) for label in labels)

    def models_within_budget(self, count: int) -> tuple[dict[str, Ask], str]:
        """Return the models that may answer so many further examples.

        Returns:
            The models by name, and why the teacher is not among them; empty where it is.
        """
        if self.ask_teacher is None:
            return {"student": self.ask}, str(self.facts.get("teacher_missing", "no teacher"))
        if not self.rate or count / self.rate > SECONDS:
            slow = f"it would take more than {SECONDS:.0f} s for {count:,} texts"
            return {"student": self.ask}, slow if self.rate else "its speed was not measured"
        return {"teacher": self.ask_teacher, "student": self.ask}, ""


def text_roles(task: Task) -> list[str]:
    """Return the roles of a task that are texts which every example has, and that may change."""
    if not task.perturbable:
        return []
    return [
        role
        for role, column in task.columns.items()
        if column.kind == "text" and column.required and not column.optional
    ]


def sample_rows(total: int, most: int) -> np.ndarray:
    """Return at most `most` of `total` positions, the same ones each time, in their order.

    >>> sample_rows(5, 9).tolist(), len(sample_rows(1000, 10))
    ([0, 1, 2, 3, 4], 10)
    """
    if most >= total:
        return np.arange(total)
    return np.sort(np.random.default_rng(0).permutation(total)[:most])


def known_mean(values: np.ndarray) -> float | None:
    """Return the mean of what is not NaN, or `None` where nothing is.

    >>> known_mean(np.array([1.0, np.nan, 0.0])), known_mean(np.array([np.nan]))
    (0.5, None)
    """
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _spell(value: Any, names: Sequence[str]) -> str:
    """Return a label as text: class names for ids."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and names:
        return names[int(value)] if 0 <= value < len(names) else ""
    if isinstance(value, (list, tuple)):
        return ", ".join(_spell(item, names) for item in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
