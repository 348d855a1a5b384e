"""Train the student of a run in its stages, and the same student without a teacher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import students
from ..compression import Compression, Evidence
from ..data.encoded import Encoded
from ..data.feeding import Feed
from ..models.saving import load_weights, save_keras, save_weights
from ..models.text_model import TextModel
from ..progress import logger
from ..reporting.scoring import stored_run
from ..tasks import Arrays
from ..text import TextEncoder
from . import compressing, fitting
from .callbacks import load_callbacks
from .compressed_sizes import BEFORE, CUT, HEALED, read_sizes, record_size
from .context import RunContext
from .fitting import TrainingLog, TrainingPlan
from .perturbation import CLEAN
from .plan import plan_alone, plan_training, trains_on_stored
from .stage_feed import make_feed
from .stages import ALONE, Stage, name_folders, name_folders_alone, read_stages
from .student import build_student
from .teacher import RunTeacher
from .tensorboard import TEXTS, Samples, tensorboard_callback
from .texts import LESSONS, RunTexts
from .validation import ValidationSet

if TYPE_CHECKING:
    from ..models.weight_rules import WeightRule

_WEIGHTS = "weights.npz"  # of the student after a stage


def train_students(
    context: RunContext, texts: RunTexts, teacher: RunTeacher, shrunk: TextModel | None
) -> None:
    """Distil, then train the same student alone, for as many steps on the labelled texts.

    Both are made smaller by the same compressions at the same steps.

    Students whose files are in the run's folder are not trained again.

    Args:
        context: The context of the run.
        texts: The texts of the run.
        teacher: The teacher of the run.
        shrunk: The student of the teacher's layers; None where the student is another.
    """
    config = context.config
    schema = context.data.schema
    trainings = {"student": read_stages(config, schema)}
    objective = context.task.objective_alone(schema) if config.training.alone else None
    if objective is not None and not texts.encode("transfer").has_labels().any():
        logger.info("alone     not trained: none of the training texts has a label")
    elif objective is not None:
        trainings[ALONE] = plan_alone(config, texts.count_transfer(), objective)
    missing = [name for name in trainings if not (context.folder / f"{name}.keras").is_file()]
    # The student alone has no teacher, but TensorBoard compares it with one.
    asks_teacher = "student" in missing or (missing and config.training.tensorboard)
    live = teacher.place() if asks_teacher and not trains_on_stored(config, context.task) else None
    trainer = _Trainer(context, texts, teacher, live)
    for name in missing:
        with context.strategy.scope():
            student = build_student(context, texts.encoder, shrunk)
        trainer.train_in_stages(student, name, trainings[name])


@dataclass(frozen=True)
class _Trainer:
    """What all trainings of a run read.

    Attributes:
        context: The context of the run.
        texts: The texts of the run.
        teacher: The teacher and its stored outputs.
        live: The teacher that runs in every step; None where stored outputs are enough.
    """

    context: RunContext
    texts: RunTexts
    teacher: RunTeacher
    live: TextModel | None

    def train_in_stages(self, student: Any, name: str, stages: list[Stage]) -> None:
        """Train a student in each stage from where the last one left it, and save it."""
        alone, first = name == ALONE, self.context.first
        titles = name_folders_alone(stages) if alone else name_folders(stages)
        folders = [self.context.folder / title for title in titles]
        earlier = list[Compression]()
        for stage, folder in zip(stages, folders, strict=True):
            if stage.part is not None:
                student = self._compress(student, stage, folder, alone=alone, again=bool(earlier))
            with self.context.strategy.scope():
                tuning = stage.begin(
                    student,
                    seed=self.context.config.training.seed,
                    compressed=bool(earlier) or stage.part is not None,
                )
            is_trained = (folder / _WEIGHTS).is_file()
            if not is_trained:
                held = [rule for part in earlier if (rule := part.hold(tuning.model)) is not None]
                self._train_stage(tuning.model, stage, folder, alone=alone, held=held)
            with self.context.strategy.scope():
                student = tuning.finish()
            if is_trained:
                load_weights(student, folder / _WEIGHTS)
            elif stage.part is not None:
                stage.part.finish(student)
                self._record(folder, HEALED, student)
            if not is_trained and folder != folders[-1] and first:
                save_weights(student, folder / _WEIGHTS)
            earlier += [stage.part] if stage.part is not None else []
        if not first:
            return
        save_keras(student, self.context.folder / f"{name}.keras")
        for folder in folders:
            for file in (_WEIGHTS, compressing.COMPRESSED):
                (folder / file).unlink(missing_ok=True)
            fitting.forget_backups(folder)

    def _compress(
        self, student: Any, stage: Stage, folder: Path, *, alone: bool, again: bool
    ) -> Any:
        """Return the student that a stage trains: the first worker makes it, and all read it."""
        from ..distribution import workers

        file, part = folder / compressing.COMPRESSED, stage.part

        def make() -> None:
            if self.context.first and part is not None and not file.is_file():
                evidence = partial(self._show, stage=stage, alone=alone)
                seed = self.context.config.training.seed
                compressing.apply_part(student, part, evidence, file=file, seed=seed)

        if not again:
            self._record(folder, BEFORE, student)
        workers.first_worker_first(self.context.strategy, make)
        # Not one after the other: workers make each variable together.
        smaller = compressing.read_compressed(file, self.context.strategy)
        self._record(folder, CUT, smaller)
        return smaller

    def _show(self, student: Any, stage: Stage, alone: bool) -> Evidence:
        """Return what a compression may look at: batches of the stage, and its loss on answers."""
        clean = replace(stage, perturbation=CLEAN)
        feed = self._make_feed(self._encode(alone), self._plan(stage).steps, clean)
        taught = replace(stage, objective=stage.on_answers, perturbation=CLEAN)
        return compressing.make_evidence(
            lambda: feed.dataset().take(compressing.BATCHES),
            lambda: self._make_distiller(student, taught, feed),
        )

    def _record(self, folder: Path, when: str, student: Any) -> None:
        # A run that was stopped may have got the model, and not its numbers.
        if self.context.first and when not in read_sizes(folder):
            record_size(folder, when, student, self._checks())

    def _checks(self) -> ValidationSet:
        encoded = self.texts.encode("validation")
        return ValidationSet(self.context.task, self.context.data, self.texts.encoder, encoded)

    def _plan(self, stage: Stage) -> TrainingPlan:
        return plan_training(self.context.config, self.texts.count_transfer(), stage)

    def _make_distiller(
        self, student: Any, stage: Stage, feed: Feed, rules: Sequence[WeightRule] = ()
    ) -> Any:
        from ..models.masks import labelled_positions

        return stage.perturbation.make_distiller(
            student=student,
            teacher=self.live if feed.teacher is not None else None,
            objective=stage.objective,
            example=next(iter(feed.dataset())),
            mask=labelled_positions if self.context.task.writes else None,
            rules=rules,
        )

    def _train_stage(
        self, student: Any, stage: Stage, folder: Path, *, alone: bool, held: Sequence[WeightRule]
    ) -> None:
        import keras

        context, config, plan = self.context, self.context.config, self._plan(stage)
        encoded = self._encode(alone)
        feed = self._make_feed(encoded, plan.steps, stage)
        rule = stage.part.rule(student, plan.steps * plan.epochs) if stage.part else None
        with context.strategy.scope():
            # Zeros and grids of compressions have the last word.
            own = students.rule_of(student, config.student.source, config.student.settings)
            mine = [*stage.slow_down(student), own, *held, rule]
            rules = [each for each in mine if each is not None]
            distiller = self._make_distiller(student, stage, feed, rules)
        keras.utils.set_random_seed(config.training.seed)
        checks = self._checks()
        # Scores say nothing of a stage that trains hidden layers alone.
        validation = self._validation_feed(checks, stage)
        # An epoch before its last one is not as sparse, or as coarse, as a rule has it.
        patience = context.config.training.patience if stage.learns_answers and not rule else 0
        stopping = checks.stop_early(patience)
        if validation is None and stopping is not None and stopping.score is None:
            # Nobody reports what it would be told by.
            stopping = None
        callbacks = load_callbacks(context.config.training.callbacks)
        if context.config.training.tensorboard and context.first:
            board = context.folder / "tensorboard" / folder.name
            callbacks.append(tensorboard_callback(distiller, board, self._samples(encoded)))
        fitting.train_distiller(
            distiller,
            feed,
            plan=replace(plan, stopping=stopping),
            validation=validation,
            log=TrainingLog(folder, folder.name, context.progress, context.task.metrics()),
            callbacks=callbacks,
        )

    def _encode(self, alone: bool) -> Encoded:
        """Return what a student learns from: alone, nothing that a teacher wrote."""
        config = self.context.config
        if not alone and self.texts.has_lessons:
            return self.texts.encode(LESSONS)
        encoded = self.texts.encode("transfer")
        return encoded.with_labels(config.data.labelled, config.training.seed)

    def _validation_feed(self, checks: ValidationSet, stage: Stage) -> Feed | None:
        """Return what to evaluate on: with stored outputs, where only the teacher says anything."""
        feed, losses = checks.feed(), [loss for *_, loss in stage.objective.named()]
        if feed is None:
            return None
        if self.context.task.metrics():
            # Rows without any label, as of items that are ranked, would be right on none.
            return feed if checks.encoded.has_labels().any() else None
        if any("teacher" not in loss.needs for loss in losses):
            return feed
        if not set(stage.objective.reads) <= set(self.context.task.outputs):
            # Hidden states are not stored: nothing can be said of an epoch.
            return None
        feed.targets = self.teacher.targets("validation")
        return feed

    def _make_feed(self, encoded: Encoded, steps: int, stage: Stage) -> Feed:
        return make_feed(stage, encoded, steps=steps, texts=self.texts, teacher=self.teacher)

    def _spell(self, number: int, rows: list[Arrays]) -> str:
        """Return an example of the transfer set in words."""
        encoder, task = self.texts.encoder, self.context.task
        if not isinstance(encoder, TextEncoder):
            return f"{task.things} {number}"
        return " / ".join(encoder.tokenizer.decode(row["input_ids"].tolist()) for row in rows)

    def _samples(self, encoded: Encoded) -> Samples:
        """Return examples of the transfer set, drawn by the seed, with the teacher's answers."""
        context, task = self.context, self.context.task
        draw = np.random.default_rng(context.config.training.seed)
        examples = draw.permutation(encoded.examples)[:TEXTS]
        positions = np.concatenate([np.array(encoded.rows_of(int(i)), int) for i in examples])
        rows = [[encoded.arrays(i) for i in encoded.rows_of(int(n))] for n in examples]
        if self.live is None:
            outputs = self.teacher.targets("transfer").each(positions)
        else:
            encoded_for_teacher = self.teacher.encode("transfer")
            outputs = self.live.run([encoded_for_teacher.arrays(int(i)) for i in positions])
        return Samples(
            task=task,
            schema=context.data.schema,
            texts=[self._spell(int(n), each) for n, each in zip(examples, rows, strict=True)],
            rows=rows,
            inputs=encoded[positions],
            teacher=task.answers(stored_run(outputs), rows, context.data.schema),
        )
