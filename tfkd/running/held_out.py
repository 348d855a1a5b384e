"""Texts that a run was neither trained nor tuned on, and which answers of its file are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import Example
from ..errors import UserError
from ..models.text_model import TextModel
from ..reporting.scoring import TestSet, stored_run
from ..runtime import Predictor
from ..tasks import Task
from .context import RunContext
from .encoders import open_encoder
from .measuring import answer_examples
from .run_data import open_run_data
from .teacher import open_teacher
from .texts import RunTexts
from .tuning import recall_schema

AGAINST = ("teacher", "labels")
"""What a wrong answer differs from."""
OF_RUN = ("train", "unlabelled", "validation")
"""Splits of which a run has seen the texts."""
_CHUNK = 500
"""Examples between two steps of a bar."""


@dataclass(frozen=True)
class Judged:
    """Answers of a file to texts: how sure it was, and whether it was wrong.

    Attributes:
        confidence: Of each answer, `[texts]`.
        wrong: Whether it differs from the teacher's, or from the label.
    """

    confidence: np.ndarray
    wrong: np.ndarray

    def __len__(self) -> int:
        return len(self.wrong)

    def take(self, rows: np.ndarray) -> Judged:
        """Return these rows."""
        return Judged(self.confidence[rows], self.wrong[rows])

    def split(self, part: int) -> tuple[Judged, Judged]:
        """Return one text of so many, drawn always alike, and all others."""
        rows = np.random.default_rng(0).permutation(len(self))
        return self.take(rows[: len(rows) // part]), self.take(rows[len(rows) // part :])


@dataclass(frozen=True)
class Judge:
    """Compares the answers of a run's file with those of the teacher, or with the labels.

    Attributes:
        context: The context of the run.
        predictor: The file.
        against: One of `AGAINST`.
    """

    context: RunContext
    predictor: Predictor
    against: str

    def judge(self, examples: Sequence[Example], split: str = "") -> Judged:
        """Return what came of some examples; those without a label do not count against labels.

        Args:
            examples: Any, with or without labels.
            split: The split of the run that they are all of, whose outputs may be stored.

        Raises:
            UserError: A task without confidence, or a teacher that is gone.
        """
        task = self.context.task
        if not examples:
            return Judged(np.zeros(0), np.zeros(0, bool))
        self._refuse_unsure(examples[0])
        answers = self._ask(self.predictor, examples, self.predictor.schema, "exported file")
        confidence = np.array([task.confidence(answer) for answer in answers], "float64")
        if self.against == "teacher":
            others = self._ask_teacher(examples, split)
            return Judged(confidence, ~task.same(answers, others))
        quality = task.per_example(answers, examples)
        known = np.flatnonzero(~np.isnan(quality))
        return Judged(confidence, quality < 1).take(known)

    def _refuse_unsure(self, example: Example) -> None:
        task = self.context.task
        if task.writes:
            raise UserError(
                f"the task {task.name} writes texts, and other words than those it is compared "
                "with may be right as well: certify takes tasks whose answers are right or wrong, "
                "such as classes, entities and answers."
            )
        schema = self.predictor.schema
        (answer,) = answer_examples(task, self.predictor, [example], schema)
        if task.confidence(answer) is None:
            raise UserError(
                f"the task {task.name} gives no confidence in its answers, so there is no "
                "threshold to certify."
            )

    def _ask(
        self, model: TextModel | Predictor, examples: Sequence[Example], schema: Any, title: str
    ) -> list[Any]:
        answers: list[Any] = []
        with self.context.progress(f"{title} on held-out texts", len(examples)) as advance:
            for start in range(0, len(examples), _CHUNK):
                chunk = examples[start : start + _CHUNK]
                answers += answer_examples(self.context.task, model, chunk, schema)
                advance(len(chunk))
        return answers

    def _ask_teacher(self, examples: Sequence[Example], split: str) -> list[Any]:
        """Return the teacher's answers: from its stored outputs where these are known."""
        context = self.context
        try:
            teacher = open_teacher(context, RunTexts(context, open_encoder(context)))
            schema = recall_schema(context, "teacher")
            stored = teacher.stored_outputs(split) if split else None
            if stored is not None:
                rows, outputs = stored.rows_and_outputs()
                return TestSet(context.task, schema, examples).answer(stored_run(outputs), rows)
            return self._ask(teacher.model, examples, schema, "teacher")
        except (UserError, ImportError, OSError) as error:
            raise UserError(
                f"the teacher cannot be asked ({str(error).rstrip('.')}): give --against labels, "
                "for texts with labels."
            ) from error


def read_split(context: RunContext, split: str) -> list[Example]:
    """Return the examples of a split, none where the data have no such split."""
    return list(context.data.read(split)) if context.data.counts.get(split) else []


def read_file(context: RunContext, path: str, against: str) -> list[Example]:
    """Return the examples of a file, as the data of the run are read.

    Args:
        context: The context of the run.
        path: The file; it needs no labels where answers are compared with a teacher's.
        against: One of `AGAINST`.

    Raises:
        UserError: No such file, or rows that the task cannot read.
    """
    split = "test" if against == "labels" else "unlabelled"
    config = context.config.replaced(**{split: path, "fold": ""})
    return list(open_run_data(config, context.task).read(split))


def find_unseen(context: RunContext, examples: Sequence[Example]) -> np.ndarray:
    """Return the places of the examples that the run was neither trained nor tuned on."""
    task = context.task
    seen = {_identify(task, example) for split in OF_RUN for example in read_split(context, split)}
    known = [_identify(task, example) in seen for example in examples]
    return np.flatnonzero(~np.array(known, bool))


def _identify(task: Task, example: Example) -> int:
    """Return a number of what is read of an example: its texts and arrays, such as pixels."""
    arrays = [value.tobytes() for value in example.values() if isinstance(value, np.ndarray)]
    return hash((*task.texts(example), *arrays))
