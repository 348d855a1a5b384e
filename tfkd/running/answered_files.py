"""The data set whose labels a language model wrote, for tasks whose answers are no classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..data import Data, Example
from ..errors import UserError
from ..progress import Progress, logger
from ..tasks import Prompted, Reading, Task
from ..teachers import AnsweringTeacher, read_form
from . import folder as run_folder
from .answer_audit import AnswerAudit, measure_answers
from .audit import ask_with_cost, draw_labelled
from .config import RunConfig
from .labelled_files import KEPT, SENT, SUMMARY, write_rows


@dataclass(frozen=True)
class Answering:
    """What a language model is asked to write, and where its answers go.

    Attributes:
        config: The settings.
        task: The task.
        data: The data set, with the classes of the file that describes them.
        teacher: The language model.
        folder: Where everything is written.
        progress: Shows how far it is.
        prompted: How answers are read.
    """

    config: RunConfig
    task: Task
    data: Data
    teacher: AnsweringTeacher
    folder: Path
    progress: Progress
    prompted: Prompted

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the user described, in their order."""
        return self.teacher.form.guide.names

    def asked(self) -> list[str]:
        """Return the examples without a label, as they are shown, each once."""
        examples = (example for split in SENT for example in self.data.read(split))
        unknown = (example for example in examples if not self.task.is_labelled(example))
        return list(dict.fromkeys(map(self.prompted.show, unknown)))

    def audit(self) -> AnswerAudit | None:
        """Compare the language model with labels, where that was asked for.

        Raises:
            UserError: Its score is less than what was asked for.
        """
        settings = self.config.prompts
        examples = draw_labelled(self.task, self.data, settings)
        if not examples:
            return None
        with self.progress("audit of the language model", len(examples)) as advance:
            texts = [self.prompted.show(each) for each in examples]
            answers, cost = ask_with_cost(self.teacher, texts, advance)
        readings = [self.read(*pair) for pair in zip(answers, examples, strict=True)]
        found = measure_answers(self.task, readings, examples, cost=cost)
        logger.info(f"audit     {found.describe()}")
        found.check(settings.min_accuracy)
        return found

    def read(self, answer: Mapping[str, Any] | None, example: Example) -> Reading | str:
        """Return what an answer says of an example, or why it says nothing.

        Args:
            answer: The answer; None where none came.
            example: The example.
        """
        if answer is None:
            shown = self.prompted.show(example)
            return self.teacher.missing.get(shown, "it was not asked")
        try:
            return self.prompted.read(answer, example, self.names)
        except ValueError as error:
            return f"{error}"

    def write(self, known: Mapping[str, Any], audit: AnswerAudit | None) -> None:
        """Write the data with the answers as labels; what says that all is there comes last.

        Args:
            known: The answers by example, as it is shown.
            audit: What the audit found, if there was one.

        Raises:
            UserError: No answer could be used, and no training example has a label.
        """
        missing: list[str] = []
        readings: list[Reading] = []
        rows = list(self._train(known, readings, missing))
        if not rows:
            raise UserError(f"none of {len(missing):,} answers can be used, first: {missing[0]}.")
        write_rows(self.folder / "train.jsonl", rows)
        for split in KEPT:
            kept = [self.prompted.row(each, self.names) for each in self.data.read(split)]
            write_rows(self.folder / f"{split}.jsonl", kept)
        left_out = [why for reading in readings for why in reading.left_out]
        parts = sum(reading.parts for reading in readings)
        spending = self.teacher.spending
        facts: dict[str, Any] = {
            "model": self.teacher.address.model,
            "texts": len(readings),
            "missing": len(missing),
            "parts": _describe_parts(len(left_out), parts, left_out),
            "left_out": len(left_out),
            "calls": spending.calls,
            "cost": round(spending.cost, 6),
            "labels": "data" if self.data.counts.get("test") else "teacher",
            "task": self.task.name,
            "audit": "" if audit is None else audit.describe(),
        }
        run_folder.write_json(self.folder / SUMMARY, facts)
        if missing:
            logger.warning(
                f"{len(missing):,} texts have no answer that can be used and are left out, first: "
                f"{missing[0]}."
            )
        logger.info(
            f"answered  {len(readings):,} texts by {spending.calls:,} calls"
            + (f", {spending.cost:,.4f} spent" if spending.cost else "")
            + facts["parts"]
        )

    def _train(
        self, known: Mapping[str, Any], readings: list[Reading], missing: list[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of the training split, and note what became of the answers."""
        for split in SENT:
            for example in self.data.read(split):
                if not self.task.is_labelled(example):
                    found = self.read(known.get(self.prompted.show(example)), example)
                    if isinstance(found, str):
                        missing.append(found)
                        continue
                    readings.append(found)
                    example = found.example
                yield self.prompted.row(example, self.names)


def open_answering(
    config: RunConfig,
    task: Task,
    *,
    data: Data,
    folder: Path,
    progress: Progress,
    answers: Path | None,
) -> Answering:
    """Check what is needed to ask for answers; nothing is sent.

    Args:
        config: The settings.
        task: The task that was chosen.
        data: The data set.
        folder: Where the data go.
        progress: Shows how far it is.
        answers: The folder of the answers of all models; None for the folder itself.

    Raises:
        UserError: Settings that have no effect, or a file that says what the data do not.
    """
    prompts = config.prompts
    for name, given in (("orders", prompts.orders > 1), ("votes", prompts.votes)):
        if given:
            raise UserError(
                f"{name} is {getattr(prompts, name)}, and the answers of the task {task.name} are "
                "written, and no letters of classes: leave it out."
            )
    if prompts.ask_test:
        raise UserError(
            f"ask_test is set, and the answers of the task {task.name} become labels, which a test "
            "must not learn from: leave it out; --audit compares the language model with labels."
        )
    path = Path(prompts.classes).expanduser() if prompts.classes else None
    form, prompted = read_form(path, task, labels=data.labels, tokens=prompts.answer_tokens)
    if form.guide.names and not data.labels:
        data = replace(data, labels=prompted.labels_of(form.guide.names))
    teacher = AnsweringTeacher(config.teacher.source, form, prompts.settings(folder))
    if answers is not None:
        # Of each model, and of each question, by itself: it has a limit of its own.
        settings = prompts.settings(answers / teacher.fingerprint)
        teacher = AnsweringTeacher(config.teacher.source, form, settings)
    return Answering(config, task, data, teacher, folder, progress, prompted)


def _describe_parts(left_out: int, parts: int, reasons: Sequence[str]) -> str:
    """Return how many parts of answers could not be used, empty where all could."""
    if not left_out:
        return ""
    return f"; of {parts:,} parts of its answers {left_out:,} are left out, first: {reasons[0]}"
