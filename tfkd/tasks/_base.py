"""What a task knows: from rows of a file to examples, arrays, answers and scores.

A task is a folder of `tfkd/tasks/`, or a class of somebody else's package. Everything outside of it
speaks of *examples* and *answers* only; training speaks of *rows* and *outputs*. Two methods make
unlike tasks equal:

* `encode` turns an example into one or several **rows** of named arrays: windows of a long text,
  both texts of a pair.
* `answers` turns the outputs of **any** model for these rows into one answer an example; it may
  call the model in a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data import Example, Schema
from ..data.reader import Arrays
from ..errors import UserError
from ..text.words import WORD_STARTS
from ._marks import Mark
from ._measures import EMBEDDING, AskedModel, Measure, Run, name_metrics
from ._task_network import TaskNetwork
from ._task_report import TaskReport
from .windows import rejoin_windows

__all__ = ["EMBEDDING", "Arrays", "Mark", "Measure", "AskedModel", "Run", "Task", "name_metrics"]


class Task(TaskNetwork, TaskReport):
    """What one task knows, and no more.

    A subclass names its columns and measures and implements `encode`, `answer`, `score` and
    `per_example`; the other methods have defaults that suit tasks with one class label. What
    reads rows of files is inherited from `tfkd.data.ExampleReader`.

    Args:
        settings: The table `[task_settings]` of a run, in place of `defaults`.

    Attributes:
        name: Hugging Face's tag, such as `token-classification`; left empty, it is the import path.
        form: What its logits are, as the losses call it.
        hub: Hugging Face's tag, where that is not the name.
        measures: What `score` returns, by key; the first one is the headline.
        defaults: The settings that a run may change.
        inputs: Names of the arrays of a row that a student reads.
        outputs: Names of a student's outputs that are exported and verified.
        features: What the head needs of a student's body: `pooled`, one vector a row, `tokens`,
            one a token, or `words`, one a word.
        students: Students that make sense, the default first; empty stands for all.
        hugging_face: How the `architectures` of Hugging Face's models for this task end.
        problem_type: What their configuration calls it, where several tasks have such models.
        clients: Foreign runtimes that a file can be written for, such as `mediapipe`.
        two_classes_of_one_logit: Whether a teacher's only logit is that of the second of two
            classes, as of a sigmoid.
        headline_is_mean: Whether the headline is the mean of `per_example`. If not, intervals come
            from a paired bootstrap.
        tunes: Whether `tune` chooses something for each model.

    Raises:
        UserError: A setting that the task does not have.
    """

    def of_head(self, head: str, schema: Schema) -> tuple[Task, Schema]:
        """Return the task of one of several heads, and what the training split fixed for it.

        Args:
            head: One of `heads`.
            schema: What the training split fixed.
        """
        return self, schema

    # -- answers: NumPy ------------------------------------------------------------------------

    def ask(self, model: AskedModel, rows: Sequence[list[Arrays]], schema: Schema) -> list[Any]:
        """Return a model's answer to each example; of outputs that are known, ask `answers`.

        A task that writes has the model write here.

        Args:
            model: The model, with its tokenizer.
            rows: The rows of each example, as this model reads them.
            schema: What the training split fixed.
        """
        return self.answers(model.run, rows, schema)

    def reply(self, model: AskedModel, rows: Sequence[list[Arrays]], schema: Schema) -> list[Any]:
        """Return what a person gets who gives examples: by default what reports are made of.

        Args:
            model: The model, with its tokenizer.
            rows: The rows of each example, as this model reads them.
            schema: What the training split fixed.
        """
        return self.ask(model, rows, schema)

    def row_to_write_from(self, rows: Sequence[Arrays], longest: int) -> Arrays:
        """Return the row that a model writes from, of a task whose answers are written.

        Args:
            rows: The rows of an example.
            longest: Most tokens of a row.
        """
        return rows[0]

    def answers(self, run: Run, rows: Sequence[list[Arrays]], schema: Schema) -> list[Any]:
        """Return one answer for each example, given its rows and any model.

        By default the model runs once over all rows, and `answer` reads its outputs.

        Args:
            run: Runs the model: rows to one dict of outputs for each row.
            rows: The rows of each example.
            schema: What the training split fixed.
        """
        outputs = iter(run([row for example in rows for row in example]))
        return [self.answer([next(outputs) for _ in example], example, schema) for example in rows]

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Any:
        """Return the answer for one example, given a model's outputs for its rows.

        Answers are comparable with `==`, and JSON where `to_json` makes them so.

        Args:
            outputs: A model's outputs for each row, by name.
            rows: The rows of the example.
            schema: What the training split fixed.
        """
        raise NotImplementedError

    def with_example(self, answer: Any, example: Example) -> Any:
        """Return an answer with what only its example tells, such as the text of a span.

        Args:
            answer: As `answer` gave it.
            example: The example that it is of.
        """
        return answer

    def outputs_for_rows(
        self, rows: Sequence[Arrays], teacher_rows: Sequence[Arrays], outputs: Sequence[Arrays]
    ) -> list[Arrays]:
        """Return what a teacher's outputs for its own rows of an example say of each other row.

        It is asked where teacher and student cut an example into other windows. Where rows know
        their words, the outputs are joined by word by default, and cut to each row.

        Args:
            rows: The rows of the example, as the student reads them.
            teacher_rows: Its rows as the teacher reads them.
            outputs: The teacher's outputs for each of these, by name, without padding.

        Raises:
            UserError: Rows of a task that knows no words, and of which there are not as many.
        """
        if WORD_STARTS in rows[0]:
            return rejoin_windows(rows, teacher_rows, outputs)
        if len(rows) != len(teacher_rows):
            raise UserError(
                f"the teacher reads an example in {len(teacher_rows)} rows and its student in "
                f"{len(rows)}, and the task {self.name or type(self).__name__} cannot tell which "
                "belong together: give both the same length (--max-length, --teacher-max-length)."
            )
        return list(outputs)

    def tune(self, answers: Sequence[Any], examples: Sequence[Example], schema: Schema) -> Schema:
        """Return the schema with what is chosen for one model, such as thresholds.

        Args:
            answers: The model's answers to validation examples.
            examples: These.
            schema: What the training split fixed.
        """
        return schema

    def score(self, answers: Sequence[Any], examples: Sequence[Example]) -> dict[str, float]:
        """Return all measures of the answers; examples without labels do not count.

        Raises:
            UserError: None of the examples has a label.
        """
        raise NotImplementedError

    def headline(
        self, answers: Sequence[Any], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return the headline as a function of the positions of the examples that count.

        A bootstrap calls it a thousand times, so a task may prepare what it can.
        """
        key = next(iter(self.measures))

        def score(rows: np.ndarray) -> float:
            return self.score([answers[i] for i in rows], [examples[i] for i in rows])[key]

        return score

    def per_example(self, answers: Sequence[Any], examples: Sequence[Example]) -> np.ndarray:
        """Return how good each answer is, `[examples]`, 0 to 1; NaN where there is no label."""
        raise NotImplementedError

    def same(self, answers: Sequence[Any], others: Sequence[Any]) -> np.ndarray:
        """Return whether two models give the same answers, `[examples]`, bool."""
        return np.array([a == b for a, b in zip(answers, others, strict=True)], bool)

    def agreement(self, answers: Sequence[Any], others: Sequence[Any]) -> float:
        """Return the share of what two models answer alike: by default of the same answers."""
        return float(np.mean(self.same(answers, others)))

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return the headline of the best constant answer, or `None` where there is none."""
        return None

    def summarize(self, answer: Any) -> str:
        """Return an answer in a few words, as tables show it."""
        return str(answer)

    def countable(self, schema: Schema) -> tuple[str, ...]:
        """Return the names that `counted` may return: by default those of all classes.

        Args:
            schema: What the training split fixed.
        """
        return schema.labels

    def counted(self, answer: Any) -> tuple[str, ...]:
        """Return the classes that an answer counts for, where rates of classes are watched.

        Args:
            answer: What a model answered.
        """
        return (self.summarize(answer),)

    def spell_label(self, example: Example) -> str | None:
        """Return what is right for an example, as `summarize` would say it; None for its label.

        Args:
            example: One with a label.
        """
        return None

    def confidence(self, answer: Any, of: str | None = None) -> float | None:
        """Return the probability that the model gave to an answer, or `None` where it has none.

        Args:
            answer: What the model answered.
            of: Another answer, as `summarize` gives it, whose probability is wanted.
        """
        return None

    def distances(self, answers: Sequence[Any], others: Sequence[Any]) -> np.ndarray:
        """Return how far the answers of two models lie apart, `[examples]`, from 0 to 1."""
        return 1.0 - self.same(answers, others)

    def summary(self, answer: Any) -> str:
        """Return an answer in a few words, without its example."""
        return str(answer)

    def line(self, answer: Any, example: Example) -> str:
        """Return an answer as one line for a terminal."""
        return f"{self.summary(answer)}  {' '.join(self.texts(example))[:80]}"

    def to_json(self, answer: Any) -> dict[str, Any]:
        """Return an answer as plain values for JSON."""
        return {"answer": answer}

    # -- a page to try it on ---------------------------------------------------------------

    def typed_roles(self) -> tuple[str, ...]:
        """Return the roles whose texts a person types in to get an answer."""
        texts = {role: column for role, column in self.columns.items() if column.kind == "text"}
        return tuple(role for role, column in texts.items() if column.required) or tuple(texts)[:1]

    def make_example(self, text: str, other: str) -> dict[str, Any]:
        """Return the values by role of an example that is made of any texts, to time a file with.

        Args:
            text: A text.
            other: Another one, for a task that reads two.
        """
        return dict(zip(self.typed_roles(), (text, other), strict=False))

    def draw_example(self, schema: Schema, seed: int) -> dict[str, Any]:
        """Return the values by role of a random example, of a task that reads no texts.

        Args:
            schema: What the training split fixed, such as the shape.
            seed: Of the draw.
        """
        return self.make_example(str(seed), str(seed + 1))

    def marks(self, answer: Any, example: Example) -> list[Mark]:
        """Return the parts of the example's texts that an answer speaks of, to be shown in them."""
        return []
