"""A run as far as its validation scores: nothing of the test split is encoded, asked or scored.

The folder is that of an ordinary run, which the command that names it would finish.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ..progress import Progress
from ..reporting.scoring import TestSet
from . import folder as run_folder
from . import phases, student_training
from .config import RunConfig
from .context import RunContext
from .given_teacher import GivenModels
from .measuring import answer_by_file, answer_examples
from .student import load_student
from .student_export import export_student
from .teacher import RunTeacher, prepare_teacher
from .texts import RunTexts
from .tuning import tune_student
from .validation import WRITTEN

_SCORES = "validation.json"
_SPLITS = ("transfer", "validation")


@dataclass(frozen=True)
class Validated:
    """A trained student, and what it is worth on the validation examples.

    Attributes:
        folder: Of its run.
        scores: Its measures by key: of its file, where it has one.
        megabytes: The size of that file; 0 where there is none.
    """

    folder: Path
    scores: dict[str, float]
    megabytes: float = 0.0


@dataclass(frozen=True)
class Prepared:
    """What other runs on the same texts need not do again.

    Attributes:
        given: The teacher, loaded and checked; None where each run loads its own.
        begun: Is called once the folder of a run is claimed, and may put into it what is known.
    """

    given: GivenModels | None = None
    begun: Callable[[RunContext], None] = field(default=lambda context: None)


def run_to_validation(
    config: RunConfig, progress: Progress, *, prepared: Prepared, export: bool = True
) -> Validated:
    """Train the student of a run and score it on the validation examples, or what is left of that.

    Args:
        config: The settings.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        prepared: What another run has done already.
        export: Whether its file is written too, and scored in place of the Keras student.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings.
    """
    with ExitStack() as held:
        context, given = phases.begin(config, held, progress=progress, given=prepared.given)
        known = context.folder / _SCORES
        if not known.is_file():
            prepared.begun(context)
            given, texts, teacher = _ask_teacher(context, given)
            student_training.train_students(texts.context, texts, teacher, given.shrunk)
            run_folder.write_json(known, _score(texts.context, texts, export=export))
            context.remove_work()
        found = run_folder.read_json(known)
    return Validated(context.folder, found["scores"], found["megabytes"])


def store_for_training(
    config: RunConfig, progress: Progress, given: GivenModels | None = None
) -> Path:
    """Store a teacher's outputs for the texts that runs learn from, before any of them.

    Args:
        config: The settings, whose folder is for this alone.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        given: The teacher, where it is loaded.

    Returns:
        The folder with the texts as the teacher reads them.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings.
    """
    with ExitStack() as held:
        context, given = phases.begin(config, held, progress=progress, given=given)
        _ask_teacher(context, given)
    return context.work


def _ask_teacher(
    context: RunContext, given: GivenModels | None
) -> tuple[GivenModels, RunTexts, RunTeacher]:
    """Return the given models, the texts, and the teacher that has answered them."""
    given, texts = phases.prepare(context, given, _SPLITS)
    teacher = prepare_teacher(texts.context, texts, given.teacher)
    phases.store_targets(teacher, tests=False)
    return given, texts, teacher


def _score(context: RunContext, texts: RunTexts, *, export: bool) -> dict:
    """Return the measures of the student on the validation examples, and the size of its file."""
    task, data = context.task, context.data
    examples = list(data.read("validation"))
    if task.writes:
        known = [example for example in examples if task.is_labelled(example)]
        examples = known[:: -(-len(known) // WRITTEN)]
    test = TestSet(task, data.schema, examples)
    if export:
        export_student(context, texts.encoder)
        file = context.folder / "student.tflite"
        row, _ = answer_by_file(test, file, context.progress)
        return {"scores": dict(row.scores), "megabytes": file.stat().st_size / 1e6}
    student = load_student(context, texts.encoder)
    schema = tune_student(context, texts, student)
    answers = answer_examples(task, student, examples, schema)
    return {"scores": dict(test.row("distilled", answers).scores), "megabytes": 0.0}
