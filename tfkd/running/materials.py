"""What the phases of a run read: texts as ids, tokenizer, teacher and its logits, the student."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from .. import students, tasks, teachers, text
from ..console import Voice
from ..data import IGNORE, Example
from ..data.encoded import Encoded, encode
from ..errors import UserError
from ..models.text_model import TextModel
from ..store.precision import check_moved, in_bfloat16
from ..students import shrinking
from ..text.augmentation import Augmentation, count_words
from . import chain, own_teacher
from . import folder as run_folder
from .checks import check_names, open_for, same_classes, same_tokens, shrinks
from .config import RunConfig
from .fitting import Schedule, epochs_for
from .stages import Stage, stages_of
from .targets import FOLDER, Targets, compute, shared_folder, source_of, stored
from .texts import load_neighbours
from .vocabulary import learnt

PROBES = 64  # validation texts that a teacher in fewer bits is compared on
SPLITS = {"transfer": ("train", "unlabelled"), "validation": ("validation",), "test": ("test",)}


class Materials:
    """The materials of a run in its folder; each is made, or opened, when it is asked for."""

    def __init__(self, config: RunConfig, voice: Voice, strategy=None):
        import tensorflow as tf

        from ..distribution.workers import worker

        self.strategy = strategy or tf.distribute.get_strategy()
        self.worker, self.workers = worker(self.strategy)
        check_names(config)
        self.config, self.voice = same_tokens(config), voice
        config = self.config
        self.task = tasks.find(tasks.DEFAULT)
        self.data = open_for(config)
        name = f"{self.data.name}-{config.student.partition(':')[0]}-{config.digest}"
        self.folder = run_folder.place(config, name)
        if not run_folder.begun(self.folder):
            self._look_ahead()
        run_folder.claim(config, name)
        run_folder.remember(self.folder / "data.json", self.data.describe(), "the data")
        self.assistants = chain.assistants(config, self.folder, self._first_store())
        if self.assistants:
            self.config = chain.last(config, self.folder)
            for name in ("store", "_given_teacher"):  # of the first teacher
                self.__dict__.pop(name, None)
        self.work = self.folder / "work"

    def _first_store(self) -> str:
        """Where the outputs of the teacher of the first assistant, if any, are kept."""
        config = self.config
        kept = config.assistant and config.cache and not self._trains_teacher
        return str(self.store) if kept else ""

    def _look_ahead(self) -> None:
        """What is wrong is told before a folder is claimed for it."""
        if self.config.tokenizer:
            text.load(self.config.tokenizer, self.config.max_length)
        if not self._trains_teacher:
            self._given_teacher  # noqa: B018
        if self.config.augment_model:
            self._rules  # noqa: B018
        if shrinks(self.config):
            self._shrunk  # noqa: B018

    def need(self, *files: str) -> None:
        """Refuse to go on without these files of the run."""
        for name in files:
            if not (self.folder / name).is_file():
                raise UserError(
                    f"the run in {self.folder} has no {name} yet: finish it with the command that "
                    "began it."
                )

    @cached_property
    def encoder(self) -> text.TextEncoder:
        """The student's tokenizer: given, or learnt from the texts to train on."""
        config = self.config
        if (self.folder / "preprocessing.json").is_file():  # written last, so all is there
            return text.load(self.folder, None if shrinks(config) else config.max_length)
        if shrinks(config):
            encoder = self._shrunk.encoder
            # Teachers that can be shrunk are models with a tokenizer of their own.
            assert isinstance(encoder, text.TextEncoder)
        elif config.tokenizer:
            encoder = text.load(config.tokenizer, config.max_length)
        else:
            encoder = learnt(config, self.data, self.voice)
        encoder.save(self.folder)
        return encoder

    @cached_property
    def teacher(self) -> TextModel:
        """The teacher, loaded or trained."""
        if self._trains_teacher:
            return self._trained_teacher()
        spec = self.config.teacher
        # Where the run's folder is moved, its assistants move with it.
        named = f"assistant-{len(self.assistants)}" if self.assistants else spec
        mark = {"spec": named, "digest": teachers.digest_spec(spec)}
        run_folder.remember(self.folder / "teacher.json", mark, "the teacher")
        return self._given_teacher

    @cached_property
    def live_teacher(self) -> TextModel:
        """The teacher for every step of the training: on each replica, in the precision asked for.

        Raises:
            UserError: bfloat16 moves its outputs too far.
        """
        with self.strategy.scope():
            teacher = self._placed_teacher()
            if self.config.teacher_precision == "float32":
                return teacher
            lowered = in_bfloat16(teacher)
        ids = self.encoded("validation", self._reader)[
            np.arange(min(PROBES, self._count("validation")))
        ]
        moved = check_moved("bfloat16", [{"logits": lowered(ids)}], [{"logits": teacher(ids)}])
        self.voice.say(f"precision bfloat16: the teacher's outputs move by {moved:.2%}")
        return lowered

    def _placed_teacher(self) -> TextModel:
        if self.strategy.num_replicas_in_sync == 1:
            return self.teacher
        if self._trains_teacher:
            return teachers.load_teacher(f"keras:{self.folder / 'teacher'}")
        return self._loaded_teacher()

    @property
    def first(self) -> bool:
        """Whether this process writes what all workers have in common."""
        return self.worker == 0

    @property
    def _trains_teacher(self) -> bool:
        return self.config.teacher.partition(":")[0] == "train"

    @cached_property
    def _given_teacher(self) -> TextModel:
        return self._loaded_teacher()

    def _loaded_teacher(self) -> TextModel:
        length = self.config.teacher_max_length or None
        teacher = teachers.load_teacher(self.config.teacher, max_length=length)
        return same_classes(teacher, self.data.labels)

    def _trained_teacher(self) -> TextModel:
        folder = self.folder / "teacher"
        if (folder / teachers.MODEL).is_file():
            return teachers.load_teacher(f"keras:{folder}")
        teacher = own_teacher.train(
            self.config.teacher,
            self.encoded("transfer"),
            self.encoded("validation"),
            self.encoder,
            self.data.labels,
            folder,
            seed=self.config.seed,
            voice=self.voice,
        )
        teachers.save(teacher, folder)
        return teacher

    @cached_property
    def student(self):
        """The student, untrained: the same start for distillation and for training alone."""
        import keras

        config = self.config
        name, _, size = config.student.partition(":")
        keras.utils.set_random_seed(config.seed)
        if shrinks(config):
            # A copy, to be trained.
            return shrinking.as_model_of_ids(shrinking.shrink(self._shrunk))
        return students.build(
            name,
            self.encoder.vocab_size,
            len(self.data.labels),
            size or "small",
            **{"seed": config.seed, **config.student_settings},
        )

    @cached_property
    def _shrunk(self) -> TextModel:
        """A student of the teacher's layers, as short-sighted as the settings say; untrained."""
        config, size = self.config, self.config.student.partition(":")[2]
        texts = (e.text for part in SPLITS["transfer"] for e in self.data.read(part))
        made = shrinking.shrink(
            self._given_teacher, layers=int(size), texts=texts, **config.student_settings
        )
        length = min(config.max_length, made.encoder.max_length)
        return replace(made, encoder=replace(made.encoder, max_length=length))

    def encoded(self, split: str, whose: str = "student") -> Encoded:
        """The texts of a split as the student or the teacher reads them."""
        encoder = self.encoder if whose == "student" else self.teacher.encoder
        folder = self.work / f"{split}-{whose}"
        parts = SPLITS[split]
        if folder.is_dir():
            return Encoded(folder)
        texts = itertools.chain(*(self.data.read(part) for part in parts))
        if split == "transfer" and self.config.augment:
            texts = itertools.chain(texts, self._augmented())
        title = f"tokens of {split} for the {whose}"
        with self.voice.bar(title, self._count(split)) as advance:
            return encode(
                texts,
                self.task,
                encoder,
                folder,
                schema=self.data.schema,
                advance=advance,
            )

    def _augmented(self) -> Iterator[Example]:
        """Made-up texts, without labels; the same for the same texts and seed."""
        rules = self._rules
        for each in self.data.read("train"):
            yield from (Example(text=made, label=IGNORE) for made in rules.of(each.text))

    @cached_property
    def _rules(self):
        """How texts are made up: by Tang's rules, or by a language model."""
        config = self.config
        if config.augment_model:
            return load_neighbours(config.augment_model, copies=config.augment, seed=config.seed)
        words = count_words(each.text for each in self.data.read("train"))
        return Augmentation(config.augment, words=words, seed=config.seed)

    def _count(self, split: str) -> int:
        return sum(self.data.counts.get(part, 0) for part in SPLITS[split])

    def targets(self, split: str) -> Targets:
        """The teacher's logits, computed once for all runs that lie beside each other."""
        encoded, found = self.encoded(split, self._reader), self.known_targets(split)
        if found is None:
            title, share = f"teacher on {split}", f"{self.worker + 1}/{self.workers}"
            compute(self.store, self.teacher, encoded, self.voice, self._source, title, share)
            self.meet()
            found = stored(self.store, encoded, self.voice)
        assert found is not None  # each share has been written
        return found

    def known_targets(self, split: str) -> Targets | None:
        """The teacher's logits, if they are all stored."""
        # A folder that was named may be any teacher's; the others are named after theirs.
        teacher = self.teacher if self.config.store else None
        return stored(self.store, self.encoded(split, self._reader), self.voice, teacher)

    def meet(self) -> None:
        """Wait for the other workers, where there are some."""
        from ..distribution.workers import told

        told(0, self.strategy)

    @cached_property
    def store(self) -> Path:
        """Where the teacher's outputs are kept."""
        if self._trains_teacher or not self.config.cache:
            return self.folder / FOLDER
        return shared_folder(self.config, self.data.labels, self.folder.parent)

    @property
    def _reader(self) -> str:
        """Whose tokens the teacher reads: a teacher that is trained here has the student's."""
        return "student" if self._trains_teacher else "teacher"

    @property
    def _source(self) -> dict:
        """The settings that name the teacher and its texts."""
        return source_of(self.config)

    def schedule(self, stage: Stage | None = None) -> Schedule:
        """Steps, epochs and learning rate: of a stage, or of training alone for as many steps."""
        config = self.config
        texts = len(self.encoded("transfer")) if config.augment else self._count("transfer")
        steps = -(-texts // config.batch_size)
        rate = config.learning_rate or students.rate_of(config.student)
        if stage is not None:
            epochs = epochs_for(steps, stage.epochs or config.epochs)
            return Schedule(steps, epochs, stage.learning_rate or rate)
        epochs = sum(self.schedule(each).epochs for each in stages_of(config))
        return Schedule(steps, epochs, rate)
