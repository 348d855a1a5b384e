"""The models of a finished run on parts of its test texts, by the values of a column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..data import Example
from ..data.columns import KEPT
from ..progress import Progress, log_progress
from ..reporting.column_parts import ColumnParts, score_parts
from ..reporting.scoring import TestSet, stored_run
from ..runtime import load
from .context import RunContext, open_run
from .encoders import open_encoder
from .kept_column import read_test_with
from .lock import hold_folder
from .measuring import answer_encoded, answer_examples
from .reports.asking import find_teacher
from .student import load_student
from .texts import RunTexts
from .tuning import recall_schema

_CHUNK = 500
"""Examples between two steps of a bar."""
_WAIT = 60.0  # seconds, for another process that exports or measures the same run


def compare_parts(folder: Path, by: str, progress: Progress = log_progress) -> ColumnParts:
    """Return the headline of each model of a run on its test texts of each value of a column.

    Args:
        folder: That of the run.
        by: A column of the data, which the run did not need to read.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.

    Raises:
        UserError: No finished run, no such column, or one of too many different values.
    """
    context = open_run(folder, progress)
    context.require_files("student.keras", "student.tflite")
    examples = read_test_with(context, by)
    values = [example.get(KEPT) for example in examples]
    fresh = not context.work.exists()
    with hold_folder(folder, wait=_WAIT):
        answers = _answer(context, TestSet(context.task, context.data.schema, examples))
        if fresh:
            context.remove_work()
    return score_parts(context.task, examples, answers, by=by, values=values)


def _answer(context: RunContext, test: TestSet) -> dict[str, list[Any]]:
    """Return the answers of teacher, student alone, distilled student and file."""
    texts = RunTexts(context, open_encoder(context))
    teacher, answers = find_teacher(texts, test), {}
    if teacher.stored is not None:
        rows, outputs = teacher.stored.rows_and_outputs()
        own = test.tuned(recall_schema(context, "teacher"))
        answers["teacher"] = own.answer(stored_run(outputs), rows)
    elif teacher.ask is not None:
        answers["teacher"] = _in_chunks(context, "teacher", teacher.ask, test.examples)
    encoded = texts.encode("test")
    for name, file in (("alone", "alone"), ("distilled", "student")):
        if (context.folder / f"{file}.keras").is_file():
            model = load_student(context, texts.encoder, file)
            own = test.tuned(recall_schema(context, file))
            answers[name] = answer_encoded(own, model, encoded, name, context.progress)
    predictor = load(context.folder / "student.tflite", task=context.task)

    def ask(some: Sequence[Example]) -> list[Any]:
        return answer_examples(context.task, predictor, some, predictor.schema)

    answers["exported"] = _in_chunks(context, "exported file", ask, test.examples)
    return answers


def _in_chunks(context: RunContext, title: str, ask: Any, examples: Sequence[Example]) -> list[Any]:
    answers: list[Any] = []
    with context.progress(f"{title} on test", len(examples)) as advance:
        for start in range(0, len(examples), _CHUNK):
            chunk = examples[start : start + _CHUNK]
            answers += ask(chunk)
            advance(len(chunk))
    return answers
