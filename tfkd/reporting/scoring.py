"""One way to get a model's answers to examples, to score them, and to say what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data import Example, Schema
from ..tasks import Arrays, AskedModel, Run, Task
from .intervals import mean_interval
from .report import Report, ScoreRow
from .verdict import beside_teacher, bootstrap_interval, describe_order, helped, near_chance


@dataclass(frozen=True)
class TestSet:
    """Examples that models are measured on, and the task that scores their answers.

    Attributes:
        task: Turns outputs into answers, and scores them.
        schema: What the training split fixed.
        examples: With labels; those without one are answered, and not scored.
    """

    # Pytest would collect a class of this name.
    __test__ = False

    task: Task
    schema: Schema
    examples: Sequence[Example]

    def tuned(self, schema: Schema) -> TestSet:
        """Return the same examples for a model with a schema of its own, such as thresholds."""
        return replace(self, schema=schema)

    def answer(self, run: Run, rows: Sequence[list[Arrays]]) -> list[Any]:
        """Return a model's answers, one for each example.

        Args:
            run: The model; `stored_run` where its outputs are known already.
            rows: The rows of each example, as `Task.encode` makes them for this model.
        """
        answers = self.task.answers(run, rows, self.schema)
        return [self.task.with_example(a, e) for a, e in zip(answers, self.examples, strict=True)]

    def ask(self, model: AskedModel, rows: Sequence[list[Arrays]]) -> list[Any]:
        """Return a model's answers, one for each example.

        Args:
            model: The model, with its tokenizer.
            rows: The rows of each example, as `Task.encode` makes them for this model.
        """
        answers = self.task.ask(model, rows, self.schema)
        return [self.task.with_example(a, e) for a, e in zip(answers, self.examples, strict=True)]

    def row(
        self, name: str, answers: Sequence[Any], teacher: Sequence[Any] | None = None
    ) -> ScoreRow:
        """Return a model's row of the report, without its size and speed.

        Args:
            name: What the model is called in the table.
            answers: Its answers to the examples.
            teacher: Those of the teacher, to agree with; `None` where there are none.
        """
        agreement = None if teacher is None else self.task.agreement(answers, teacher)
        interval = None
        if not any(map(self.task.is_labelled, self.examples)):
            return ScoreRow(name, {}, agreement)
        if self.task.headline_is_mean:
            interval = mean_interval(self.task.per_example(answers, self.examples))
        elif self.task.writes:
            # Other tasks would take minutes for a thousand scores.
            interval = bootstrap_interval(self.task, *self._labelled(answers))
        return ScoreRow(name, self.task.score(answers, self.examples), agreement, interval=interval)

    def _labelled(self, answers: Sequence[Any]) -> tuple[list[Any], list[Example]]:
        known = [i for i, example in enumerate(self.examples) if self.task.is_labelled(example)]
        return [answers[i] for i in known], [self.examples[i] for i in known]

    def report(
        self,
        title: str,
        rows: Iterable[ScoreRow],
        *,
        words: Iterable[str] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> Report:
        """Return a report whose measures are those of the task."""
        return Report(title, tuple(rows), self.task.measures, tuple(words), facts or {})

    def verdict(
        self,
        distilled: Sequence[Any],
        alone: Sequence[Any] | None,
        *,
        teacher: Sequence[Any] | None = None,
        improving: Collection[str] = (),
    ) -> list[str]:
        """Say whether distillation helped, and of a task that writes how far the teacher is.

        Args:
            distilled: Answers of the distilled student.
            alone: Answers of the same student without the teacher; `None` where there is none.
            teacher: Answers of the teacher, where they are known.
            improving: Those of "distilled" and "alone" whose training ended too early.
        """
        words = []
        if alone is not None:
            words.append(
                helped(
                    self.task, distilled, alone=alone, examples=self.examples, improving=improving
                )
            )
        if teacher is not None and distilled and self.task.writes:
            ours, known = self._labelled(distilled)
            theirs, _ = self._labelled(teacher)
            words += [beside_teacher(self.task, ours, theirs, known)] if known else []
        return words

    def warnings(self, scores: Mapping[str, float], answers: Sequence[Any]) -> list[str]:
        """Warn of a teacher that is hardly better than chance, or has another order of classes.

        Args:
            scores: Those of the teacher.
            answers: Its answers to the examples.
        """
        order = self.task.find_order(answers, self.examples, self.schema)
        if order is not None:
            return [
                f"The teacher's classes seem to be {describe_order(order, self.schema.labels)}: "
                "with that order it is right far more often. Nothing can be learnt from it as it "
                "is."
            ]
        headline = next(iter(self.task.measures))
        if headline not in scores:
            return []
        warning = near_chance(self.task, scores[headline], self.examples)
        return [warning] if warning else []


def stored_run(outputs: Mapping[str, np.ndarray] | Sequence[Arrays]) -> Run:
    """Return known outputs as a model that is run once, over all rows in their order.

    Args:
        outputs: By name, `[rows, ...]`; or those of each row, where rows differ in length.

    >>> stored_run({"logits": np.eye(2)})([{}, {}])[1]["logits"].tolist()
    [0.0, 1.0]
    """
    if isinstance(outputs, Mapping):
        names = list(outputs)
        by_row = zip(*outputs.values(), strict=True)
        known = [dict(zip(names, values, strict=True)) for values in by_row]
    else:
        known = list(outputs)

    def run(rows: Sequence[Arrays]) -> list[Arrays]:
        if len(rows) != len(known):
            raise ValueError(f"there are {len(known)} stored outputs for {len(rows)} rows")
        return known

    return run
