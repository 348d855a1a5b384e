"""The teacher of a run, given or trained in it, and its outputs on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .. import teachers
from ..data import Example
from ..data.encoded import Encoded
from ..models.text_model import TextModel
from ..progress import logger
from ..reporting.scoring import TestSet, stored_run
from ..store.fingerprint import fingerprint
from ..store.precision import check_moved, in_bfloat16
from ..store.written import WrittenStore
from ..teachers.stored_answers import StoredTexts
from ..text import Encoder
from ..text.words import IDS, with_ends
from . import own_teacher
from .config import RunConfig
from .context import RunContext
from .given_teacher import load_given_teacher, remember_teacher, trains_teacher
from .stored_outputs import StoredOutputs, Targets
from .targets import compute_outputs, open_outputs, store_folder
from .teacher_texts import open_written, sources_of, stored_writer, writer_of
from .texts import RunTexts
from .validation import ValidationSet

_PROBES = 64  # validation texts on which a teacher in bfloat16 is compared


@dataclass(frozen=True)
class RunTeacher:
    """A teacher that is ready to be asked, and the texts of the run as it reads them.

    Attributes:
        context: The context of the run.
        texts: The texts of the run.
        model: The teacher.
        store: The folder of its outputs.
    """

    context: RunContext
    texts: RunTexts
    model: TextModel
    store: Path

    @cached_property
    def _mark(self) -> dict[str, Any]:
        """What tells the teacher from others: all of its weights are read for it."""
        return fingerprint(self.model.in_own_order())

    def encode(self, split: str) -> Encoded:
        """Return the token ids of a split as the teacher reads them."""
        # A teacher that is trained in the run has the student's tokenizer.
        if trains_teacher(self.context.config):
            return self.texts.encode(split)
        encoded = self.texts.encode(split, self.model.encoder)
        return encoded.with_inputs(*with_ends(encoded.inputs))

    def targets(self, split: str) -> Targets:
        """Return what the teacher's outputs say of the student's rows of a split."""
        return Targets(self.outputs(split), self.texts.encode(split), self.context.task)

    def outputs(self, split: str) -> StoredOutputs:
        """Return the teacher's outputs; each worker computes its share of those that are missing.

        They are stored once for all runs whose folders lie in the same folder.
        """
        stored = self.stored_outputs(split)
        if stored is None:
            compute_outputs(self.context, self.model, self.encode(split), self.store, split)
            self.context.wait_for_workers()
            stored = self.stored_outputs(split)
        assert stored is not None  # all shares have been written
        return stored

    def knows(self, split: str) -> bool:
        """Return whether the teacher answers a split: one that looks texts up may lack some."""
        if not isinstance(self.model.model, StoredTexts):
            return True
        encoded = self.encode(split)
        return self.model.model.has([encoded.arrays(row)[IDS] for row in range(len(encoded))])

    def stored_outputs(self, split: str) -> StoredOutputs | None:
        """Return the teacher's outputs, or None where the store does not hold all of them.

        Raises:
            UserError: They are another teacher's.
        """
        return open_outputs(self.store, self.encode(split), self._mark, order=self.model.order)

    def write_for(
        self,
        read: Callable[[], Iterable[Example]],
        title: str,
        *,
        for_lessons: bool = False,
    ) -> WrittenStore:
        """Return the texts that a teacher writes; what it has not written yet, it writes now.

        The first worker writes, and the others find its texts.

        Args:
            read: Returns the examples that it writes for.
            title: What they are called.
            for_lessons: Whether it writes what a student learns from, and no answers.
        """
        from ..distribution import workers

        context, task = self.context, self.context.task
        decoding = task.lesson_decoding() if for_lessons else task.decoding()

        def write() -> WrittenStore:
            store = open_written(self.store, self.model, decoding)
            store.write(
                writer_of(self.model, task, context.data.schema, decoding),
                sources_of(task, read()),
                title=f"teacher writes for {title}",
                progress=context.progress,
            )
            return store

        return workers.first_worker_first(context.strategy, write)

    def answer(self, test: TestSet) -> list[Any]:
        """Return the teacher's answers to the test examples, from what is stored."""
        task, schema = self.context.task, test.schema
        if not task.writes:
            rows, outputs = self.outputs("test").rows_and_outputs()
            return test.answer(stored_run(outputs), rows)
        asked: Any = self.model
        if task.learns_texts:
            store = self.write_for(lambda: test.examples, "test")
            asked = stored_writer(store, asked, task, schema, test.examples)
        return test.ask(asked, task.encode(test.examples, self.model.encoder, schema))

    def place(self) -> TextModel:
        """Return the teacher for every step of a training: on each replica, in its precision.

        Raises:
            UserError: bfloat16 moves its outputs too far.
        """
        context = self.context
        with context.strategy.scope():
            teacher = self._load_on_replicas()
            if context.config.teacher.precision == "float32":
                return teacher
            lowered = in_bfloat16(teacher)
        probes = np.arange(min(_PROBES, self.texts.count("validation")))
        encoded = self.encode("validation")
        rows = [encoded.arrays(int(row)) for row in probes]
        moved = check_moved("bfloat16", lowered.run(rows), teacher.run(rows))
        logger.info(f"precision bfloat16: the teacher's outputs move by {moved:.2%}")
        return lowered

    def _load_on_replicas(self) -> TextModel:
        """Load the model again inside a strategy's scope, so that each replica has its weights."""
        if self.context.strategy.num_replicas_in_sync == 1:
            return self.model
        if trains_teacher(self.context.config):
            own = f"keras:{self.context.folder / 'teacher'}"
            return teachers.load_teacher(own, task=self.context.task)
        return load_given_teacher(self.context)


def prepare_teacher(context: RunContext, texts: RunTexts, given: TextModel | None) -> RunTeacher:
    """Return the given teacher or, where there is none, train it or load it from the folder.

    Args:
        context: The context of the run.
        texts: The texts of the run.
        given: The teacher that the settings name; None where the run trains one.
    """
    model = given if given is not None else _train_own_teacher(context, texts)
    return RunTeacher(context, texts, model, store_folder(context))


def open_teacher(context: RunContext, texts: RunTexts) -> RunTeacher:
    """Load the teacher of a run that is trained already.

    Raises:
        UserError: It is gone, or changed since the run began.
    """
    remember_teacher(context)
    given = None if trains_teacher(context.config) else load_given_teacher(context)
    return prepare_teacher(context, texts, given)


def report_own_teacher(context: RunContext, encoder: Encoder) -> None:
    """Say what is trained as the teacher of a run, and for how long; nothing of a given one."""
    config = context.config
    if trains_teacher(config):
        training = own_teacher.describe_training(
            config.teacher.source,
            _effort_of(config),
            task=context.task,
            schema=context.data.schema,
            vocabulary=encoder.vocab_size,
            texts=context.data.counts["train"],
        )
        logger.info(f"teacher   {training}")


def _effort_of(config: RunConfig) -> own_teacher.Effort:
    wanted = config.teacher
    return own_teacher.Effort(
        wanted.epochs, learning_rate=wanted.learning_rate, patience=wanted.patience
    )


def _train_own_teacher(context: RunContext, texts: RunTexts) -> TextModel:
    folder, config = context.folder / "teacher", context.config
    if (folder / teachers.MODEL).is_file():
        return teachers.load_teacher(f"keras:{folder}", task=context.task)
    validation = ValidationSet(
        context.task, context.data, texts.encoder, texts.encode("validation")
    )
    teacher = own_teacher.train_teacher(
        config.teacher.source,
        own_teacher.Lessons(texts.encode("transfer"), validation),
        folder=folder,
        seed=config.training.seed,
        effort=_effort_of(config),
        progress=context.progress,
    )
    teachers.save(teacher, folder)
    return teacher
