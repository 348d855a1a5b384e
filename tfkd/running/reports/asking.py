"""The models of a finished run, asked about its test examples; what is stored is looked up."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UserError, first_line
from ...reporting.report import Report
from ...reporting.scoring import TestSet, stored_run
from ...reporting.sections.answers import SECONDS, Answers, Ask, sample_rows
from ...teachers.stored_answers import StoredTexts
from ..context import RunContext
from ..encoders import open_encoder
from ..kept_column import read_test_with
from ..measuring import answer_by_file, answer_examples, open_test_set
from ..student import load_student
from ..teacher import open_teacher
from ..texts import RunTexts
from ..tuning import recall_schema

if TYPE_CHECKING:
    from ...data import Example
    from ...progress import Progress
    from ..stored_outputs import StoredOutputs

_LEAST, _MOST = 100, 500
"""How many examples a teacher answers whose outputs are not stored."""
_CHUNK = 500
"""Examples between two steps of a bar."""


@dataclass(frozen=True)
class TeacherAnswers:
    """What is stored of a teacher, and how to ask it; and why, where one of them is missing."""

    ask: Ask | None = None
    stored: StoredOutputs | None = None
    missing: str = ""
    store_missing: str = ""

    @property
    def source(self) -> str:
        """Where its answers come from; empty where there are none."""
        return "stored" if self.stored is not None else "asked again" if self.ask else ""


def ask_models(context: RunContext, report: Report, most: int = 0, *, by: str = "") -> Answers:
    """Ask the models of a run about its test examples.

    A teacher whose outputs are not stored reads a sample, as large as it can in a minute.

    Args:
        context: The context of a finished run.
        report: Its report.
        most: How many examples are looked at; 0 for all.
        by: A column of the data, by whose values the examples are told apart.

    Raises:
        UserError: The run has no student, or the data no such column.
    """
    rate = next((row.texts_per_second for row in report.rows if row.name == "teacher"), None)
    test = open_test_set(context.task, context.data)
    if by:
        test = dataclasses.replace(test, examples=read_test_with(context, by))
    texts = RunTexts(context, open_encoder(context))
    teacher, total = find_teacher(texts, test), len(test.examples)
    limit = most or total
    if teacher.source == "asked again":
        limit = min(limit, int(np.clip((rate or 0) * SECONDS, _LEAST, _MOST)))
    rows = sample_rows(total, limit)
    examples = [test.examples[i] for i in rows]
    ask, file = _find_student(texts, test)
    given = None
    if teacher.stored is not None:
        tuned = test.tuned(recall_schema(context, "teacher"))
        asked, outputs = teacher.stored.rows_and_outputs(rows)
        some = dataclasses.replace(tuned, examples=examples)
        given = some.answer(stored_run(outputs), asked)
    elif teacher.ask:
        given = _ask_all("teacher", teacher.ask, examples, context.progress)
    return Answers(
        task=test.task,
        schema=test.schema,
        places=rows.tolist(),
        examples=examples,
        student=_ask_all("student", ask, examples, context.progress),
        ask=ask,
        teacher=given,
        alone=_answer_alone(texts, test, examples),
        ask_teacher=teacher.ask,
        rate=rate,
        by=by,
        facts={
            "texts": len(examples),
            "of": total,
            "student": file,
            "teacher": teacher.source,
            "teacher_missing": teacher.missing,
            "store_missing": teacher.store_missing,
        },
    )


def find_teacher(texts: RunTexts, test: TestSet) -> TeacherAnswers:
    """Return the teacher; without one where its folder is gone, or a package is missing.

    Args:
        texts: The texts of the run.
        test: Its test split.
    """
    try:
        teacher = open_teacher(texts.context, texts)
    except (UserError, ImportError, OSError) as error:
        return TeacherAnswers(missing=first_line(error))
    stored, why = None, ""
    try:
        stored = teacher.stored_outputs("test") if teacher.knows("test") else None
    except UserError as error:
        why = str(error)
    if isinstance(teacher.model.model, StoredTexts):
        missing = "its answers are looked up, and it answers no others"
        return TeacherAnswers(stored=stored, missing=missing, store_missing=why)
    tuned = test.tuned(recall_schema(texts.context, "teacher"))
    if test.task.learns_texts:
        # What it wrote before is not written again.
        return TeacherAnswers(
            lambda examples: teacher.answer(dataclasses.replace(tuned, examples=examples))
        )
    return TeacherAnswers(_asker(tuned, teacher.model), stored, "", why)


def _find_student(texts: RunTexts, test: TestSet) -> tuple[Ask, str]:
    """Return the file that is shipped or, where it is gone, the Keras student; and its name."""
    from ...runtime import load

    context = texts.context
    path = context.folder / "student.tflite"
    if path.is_file():
        predictor = load(path, task=test.task)
        return _asker(test.tuned(predictor.schema), predictor), path.name
    context.require_files("student.keras")
    return _asker(
        test.tuned(recall_schema(context, "student")), load_student(context, texts.encoder)
    ), "student.keras"


def _answer_alone(texts: RunTexts, test: TestSet, examples: list[Example]) -> list[Any] | None:
    """Return what the student without a teacher writes; of other tasks nothing is shown of it."""
    context = texts.context
    if not (test.task.writes and (context.folder / "alone.keras").is_file()):
        return None
    model = load_student(context, texts.encoder, "alone")
    tuned = test.tuned(recall_schema(context, "alone"))
    return _ask_all("alone", _asker(tuned, model), examples, context.progress)


def _asker(test: TestSet, model: Any) -> Ask:
    return partial(answer_examples, test.task, model, schema=test.schema)


def _ask_all(name: str, ask: Ask, examples: list[Example], progress: Progress) -> list[Any]:
    answers: list[Any] = []
    with progress(f"{name} for the page", len(examples)) as advance:
        for start in range(0, len(examples), _CHUNK):
            chunk = examples[start : start + _CHUNK]
            answers += ask(chunk)
            advance(len(chunk))
    return answers


def other_files(context: RunContext, answers: Answers) -> list[dict[str, Any]]:
    """Measure each `student-*.tflite` that `tfkd export RUN --quantize ...` wrote."""
    files = sorted(context.folder.glob("student-*.tflite"))
    if not files:
        return []
    test = open_test_set(context.task, context.data)
    teacher = answers.teacher if len(answers.examples) == len(test.examples) else None
    rows = (answer_by_file(test, file, context.progress, teacher)[0] for file in files)
    return list(map(dataclasses.asdict, rows))
