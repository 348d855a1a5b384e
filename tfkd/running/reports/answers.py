"""The models of a finished run, asked about its test texts; what is stored is looked up."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import UserError, first_line
from ...reporting.report import Report
from ...reporting.sections.answers import SECONDS, Answers, Asked, chosen
from ...tasks.text_classification.scores import probabilities
from ...teachers.stored_answers import StoredTexts
from ..measuring import exported_row

if TYPE_CHECKING:
    from ..phases import Run
    from ..targets import Targets

LEAST, MOST = 100, 500  # texts that a teacher reads whose outputs are not stored
CHUNK = 500


@dataclass(frozen=True)
class Teacher:
    """What is stored of a teacher, and whom to ask; and why, where one of them is None."""

    ask: Asked | None = None
    stored: Targets | None = None
    missing: str = ""
    store_missing: str = ""

    @property
    def source(self) -> str:
        """Where its answers come from; empty where there are none."""
        return "stored" if self.stored is not None else "asked again" if self.ask else ""


def answers(run: Run, report: Report, most: int = 0) -> Answers:
    """Ask the models of a run; about at most `most` texts where given.

    A teacher whose outputs are not stored reads a sample, as large as it can in a minute.

    Raises:
        UserError: the run has no student.
    """
    rate = next((row.texts_per_second for row in report.rows if row.name == "teacher"), None)
    teacher, total = _teacher(run), run.data.counts["test"]
    limit = most or total
    if teacher.source == "asked again":
        limit = min(limit, int(np.clip((rate or 0) * SECONDS, LEAST, MOST)))
    rows = chosen(total, limit)
    texts, labels = _read(run, rows)
    ask, file = _student(run)
    facts = {"texts": len(texts), "of": total, "student": file, "teacher": teacher.source}
    facts |= {"teacher_missing": teacher.missing, "store_missing": teacher.store_missing}
    return Answers(
        texts=texts,
        labels=labels,
        classes=run.data.labels,
        student=_asked(run, "student", ask, texts),
        ask=ask,
        teacher=_of_teacher(run, teacher, rows, texts),
        ask_teacher=teacher.ask,
        rate=rate,
        facts=facts,
    )


def _teacher(run: Run) -> Teacher:
    """The teacher; without one where its folder is gone, or a package is lacking."""
    try:
        model = run.teacher
    except (UserError, ImportError, OSError) as error:
        return Teacher(missing=first_line(error))
    stored, why = _stored(run)
    if isinstance(model.model, StoredTexts):
        missing = "its answers are looked up, and it answers no others"
        return Teacher(stored=stored, missing=missing, store_missing=why)
    return Teacher(lambda texts: probabilities(model.logits(texts)), stored, "", why)


def _stored(run: Run) -> tuple[Targets | None, str]:
    try:
        return run.known_targets("test"), ""
    except UserError as error:
        return None, str(error)


def _of_teacher(run: Run, teacher: Teacher, rows, texts: list[str]) -> np.ndarray | None:
    if teacher.stored is not None:
        return probabilities(teacher.stored[rows])
    return _asked(run, "teacher", teacher.ask, texts) if teacher.ask else None


def _student(run: Run) -> tuple[Asked, str]:
    """The file that is shipped or, where it is gone, the Keras student."""
    from ...runtime import Classifier

    path = run.folder / "student.tflite"
    if path.is_file():
        classifier = Classifier(path)
        return (lambda texts: probabilities(classifier.logits(texts))), path.name
    run.need("student.keras")
    model = run.model("student")
    return (lambda texts: probabilities(model.logits(texts))), "student.keras"


def _read(run: Run, rows: np.ndarray) -> tuple[list[str], np.ndarray]:
    wanted = set(rows.tolist())
    found = [each for i, each in enumerate(run.data.read("test")) if i in wanted]
    return [each.text for each in found], np.array([each.label for each in found], "int64")


def _asked(run: Run, name: str, ask: Asked, texts: list[str]) -> np.ndarray:
    parts = []
    with run.voice.bar(f"{name} for the page", len(texts)) as advance:
        for at in range(0, len(texts), CHUNK):
            parts.append(ask(texts[at : at + CHUNK]))
            advance(len(parts[-1]))
    return np.concatenate(parts)


def other_files(run: Run, answers: Answers) -> list[dict]:
    """A row for each `student-*.tflite`, scored on all test texts and timed now."""
    teacher = answers.teacher if len(answers.texts) == run.data.counts["test"] else None
    files = sorted(run.folder.glob("student-*.tflite"))
    labels = run.encoded("test").labels if files else None
    return [dataclasses.asdict(exported_row(run, file, labels, teacher)) for file in files]
