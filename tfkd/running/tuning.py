"""What a task chooses for each model on the validation texts, such as thresholds of labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from ..data import Schema
from ..models.text_model import TextModel
from ..reporting.scoring import stored_run
from ..tasks import Arrays, Run
from . import folder as run_folder
from .context import RunContext
from .teacher import RunTeacher
from .texts import RunTexts

FILE = "tuned.json"
Asked = tuple[list[list[Arrays]], Run]
"""The rows of the validation examples as a model reads them, and the model."""


def tune_teacher(teacher: RunTeacher) -> Schema:
    """Return the schema for a teacher's answers, tuned on its outputs for the validation texts."""

    def read() -> Asked:
        rows, outputs = teacher.outputs("validation").rows_and_outputs()
        return rows, stored_run(outputs)

    return _tuned(teacher.context, "teacher", "", read) or teacher.context.data.schema


def tune_student(
    context: RunContext, texts: RunTexts, model: TextModel, name: str = "student"
) -> Schema:
    """Return the schema for a student's answers, tuned on the validation texts.

    Args:
        context: The context of the run.
        texts: The texts of the run.
        model: The student.
        name: The name of its file without `.keras`: "student", or "alone".
    """
    file = context.folder / f"{name}.keras"
    mark = hashlib.sha256(file.read_bytes()).hexdigest() if context.task.tunes else ""

    def read() -> Asked:
        return texts.encode("validation").rows_by_example(), model.run

    return _tuned(context, name, mark, read) or context.data.schema


def recall_schema(context: RunContext, name: str) -> Schema:
    """Return the schema that was tuned for a model of a finished run."""
    known = _read(context).get(name)
    return Schema.from_json(known["schema"]) if known else context.data.schema


def _tuned(context: RunContext, name: str, mark: str, read: Callable[[], Asked]) -> Schema | None:
    """Return what the task chooses for a model, from the run's folder where it is known already."""
    task, schema = context.task, context.data.schema
    if not task.tunes or not context.data.counts.get("validation"):
        return None
    known = _read(context)
    if known.get(name, {}).get("of") != mark:
        examples = list(context.data.read("validation"))
        rows, run = read()
        schema = task.tune(task.answers(run, rows, schema), examples, schema)
        known[name] = {"of": mark, "schema": schema.to_json()}
        run_folder.write_json(context.folder / FILE, known)
    return Schema.from_json(known[name]["schema"])


def _read(context: RunContext) -> dict:
    file = context.folder / FILE
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
