"""One distillation run, from texts to a verified file and a report; each phase is kept.

What a phase made is not made again: the same command goes on where an interrupted one stopped.
"""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from . import config as configs
from . import loading, report, run_folder, students, teaching, text
from .config import RunConfig
from .console import Voice
from .data import Data
from .encoded import Encoded, encode
from .errors import UserError
from .feeding import Feed
from .objective import hinton
from .passes import logits_of
from .report import Report
from .run_checks import check_names, open_for, other_names, same_classes
from .saving import save_keras
from .text_model import TextModel
from .training_run import Schedule, epochs_for, fit, forget
from .vocabulary import learnt

SPLITS = {"transfer": ("train", "unlabelled"), "validation": ("validation",), "test": ("test",)}
CHECKED = 500  # validation texts that an export is checked on


@dataclass(frozen=True)
class Result:
    """A finished run: its folder, the exported file and the report."""

    folder: Path
    file: Path
    report: Report


def distill(*, data, teacher: str = "train", student: str = "ngram_cnn", **settings) -> Result:
    """Distil `teacher` into a small `student` on `data`; see `RunConfig` for the settings.

    ```python
    result = tfkd.distill(data="imdb", teacher="hf:teachers/imdb-minilm")
    result.report.show()
    ```
    """
    from .config import make

    return run(make({"data": str(data), "teacher": teacher, "student": student, **settings}))


def run(config: RunConfig, voice: Voice | None = None) -> Result:
    """Carry out a run, or what is left of it, in its folder.

    Raises:
        UserError: with one sentence, for whatever is wrong with data, teacher or settings.
    """
    work = Run(config, voice or Voice())
    if (work.folder / run_folder.REPORT).is_file():
        work.voice.say(f"{work.folder} is complete; this is its report.")
    else:
        work.plan()
        work.train()
        work.export()
        work.compare()
    work.tidy()
    run_folder.mark_latest(work.folder)
    return work.result()


def opened(folder: Path, voice: Voice | None = None) -> Run:
    """A run from its folder, to look at or to go on with.

    Raises:
        UserError: no run there.
    """
    if not (folder / run_folder.CONFIG).is_file():
        raise UserError(f"{folder} is no run's folder: it has no {run_folder.CONFIG}.")
    config = configs.read(folder / run_folder.CONFIG)
    return Run(dataclasses.replace(config, to=str(folder)), voice or Voice())


def measure_again(folder: Path) -> Report:
    """Score and time the models of a finished run once more, and save that report."""
    work = opened(folder)
    work.need("student.keras", "student.tflite")
    work.compare()
    work.tidy()
    return work.result().report


def export_again(folder: Path, to: Path | None, quantize: str | None):
    """Write another file of a run's student, verified on its validation texts."""
    work = opened(folder)
    work.need("student.keras")
    if to is None:
        kind = quantize or work.config.quantize
        to = folder / (f"student-{kind}.tflite" if quantize else "student.tflite")
    if to.suffix == ".tflite":
        quantize = quantize or work.config.quantize
    made = work.write(to, quantize)
    work.tidy()
    return made


class Run:
    """The phases of a run; what each needs is made when it is asked for."""

    def __init__(self, config: RunConfig, voice: Voice):
        self.config, self.voice = config, voice
        check_names(config)
        self.data = open_for(config)
        name = f"{self.data.name}-{config.student.partition(':')[0]}-{config.digest}"
        self.folder = run_folder.place(config, name)
        if not run_folder.begun(self.folder):
            self._look_ahead()
        run_folder.claim(config, name)
        run_folder.remember(self.folder / "data.json", self.data.describe(), "the data")
        self.work = self.folder / "work"

    def _look_ahead(self) -> None:
        """What is wrong is told before a folder is claimed for it."""
        if self.config.tokenizer:
            text.load(self.config.tokenizer, self.config.max_length)
        if not self._trains_teacher:
            self._given_teacher  # noqa: B018

    def need(self, *files: str) -> None:
        """Refuse to go on without these files of the run."""
        for name in files:
            if not (self.folder / name).is_file():
                raise UserError(
                    f"the run in {self.folder} has no {name} yet: finish it with the command that "
                    "began it."
                )

    # -- what the phases read ------------------------------------------------------------

    @cached_property
    def encoder(self) -> text.TextEncoder:
        """The student's tokenizer: given, or learnt from the texts to train on."""
        config = self.config
        if (self.folder / "preprocessing.json").is_file():  # written last, so all is there
            return text.load(self.folder, config.max_length)
        if config.tokenizer:
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
        config = self.config
        mark = {"spec": config.teacher, "digest": loading.fingerprint(config.teacher)}
        run_folder.remember(self.folder / "teacher.json", mark, "the teacher")
        return self._given_teacher

    @property
    def _trains_teacher(self) -> bool:
        return self.config.teacher.partition(":")[0] == "train"

    @cached_property
    def _given_teacher(self) -> TextModel:
        length = self.config.teacher_max_length or None
        teacher = loading.load_teacher(self.config.teacher, max_length=length)
        return same_classes(teacher, self.data.labels)

    def _trained_teacher(self) -> TextModel:
        folder = self.folder / "teacher"
        if (folder / loading.MODEL).is_file():
            return loading.load_teacher(f"keras:{folder}")
        teacher = teaching.train(
            self.config.teacher,
            self.encoded("transfer"),
            self.encoded("validation"),
            self.encoder,
            self.data.labels,
            folder,
            seed=self.config.seed,
            voice=self.voice,
        )
        loading.save(teacher, folder)
        return teacher

    @cached_property
    def student(self):
        """The student, untrained: the same start for distillation and for training alone."""
        import keras

        config = self.config
        name, _, size = config.student.partition(":")
        keras.utils.set_random_seed(config.seed)
        return students.build(
            name,
            self.encoder.vocab_size,
            len(self.data.labels),
            size or "small",
            seed=config.seed,
            **config.student_settings,
        )

    def encoded(self, split: str, whose: str = "student") -> Encoded:
        """The texts of a split as the student or the teacher reads them."""
        encoder = self.encoder if whose == "student" else self.teacher.encoder
        folder = self.work / f"{split}-{whose}"
        parts = SPLITS[split]
        if folder.is_dir():
            return Encoded(folder)
        texts = itertools.chain(*(self.data.read(part) for part in parts))
        title = f"tokens of {split} for the {whose}"
        with self.voice.bar(title, self._count(split)) as advance:
            return encode(texts, encoder, folder, advance)

    def _count(self, split: str) -> int:
        return sum(self.data.counts.get(part, 0) for part in SPLITS[split])

    def targets(self, split: str) -> np.ndarray:
        """The teacher's logits, computed once."""
        path, classes = self.folder / "targets" / f"{split}.npy", len(self.data.labels)
        path.parent.mkdir(exist_ok=True)
        if path.is_file():
            return _stored(path, (self._count(split), classes))
        encoded = self.encoded(split, "student" if self._trains_teacher else "teacher")
        teacher = self.teacher  # loaded, or trained, before its pass is timed
        with self.voice.bar(f"teacher on {split}", len(encoded)) as advance:
            return logits_of(teacher, encoded, path, classes, advance)

    def schedule(self) -> Schedule:
        """Steps, epochs and learning rate, the same for both trainings."""
        config = self.config
        steps = -(-self._count("transfer") // config.batch_size)
        rate = config.learning_rate or students.LEARNING_RATES[config.student.partition(":")[0]]
        return Schedule(steps, epochs_for(steps, config.epochs), rate)

    # -- the phases ----------------------------------------------------------------------

    def plan(self) -> None:
        """Say what will be done, before it is."""
        schedule, counts, say = self.schedule(), self.data.counts, self.voice.say
        made = " (synthetic texts, written by a program)" if self.data.synthetic else ""
        splits = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        say(f"data      {self.data.name}{made}: {splits}; {len(self.data.labels)} classes")
        say(f"teacher   {self.config.teacher}")
        say(f"student   {self.config.student}: {self.student.count_params():,} parameters")
        say(
            f"training  {schedule.epochs} epochs of {schedule.steps:,} steps of "
            f"{self.config.batch_size} examples"
            + (", then the same number of steps alone" if self.config.alone else "")
        )
        say(f"written   {self.folder}")
        if self.config.labelled:
            say(f"labels    {self.config.labelled:,} for the student, the rest as texts only")
        for note in self.data_notes():
            say(note)

    def data_notes(self) -> list[str]:
        """What a reader of the numbers must know of the data."""
        notes = []
        if self.data.synthetic:
            notes.append("The texts are synthetic: the scores say nothing about real texts.")
        if "_given_teacher" in self.__dict__:  # else it is trained here, or has run already
            notes += other_names(self._given_teacher, self.data.labels)
        return notes

    def train(self) -> None:
        """Distil; then train the same student alone, for as many steps on the labelled texts."""
        from .losses import HardLabels

        objective = hinton(temperature=self.config.temperature, soft_weight=self.config.soft_weight)
        self._train_one("student", "distilled", objective, self.targets("transfer"))
        if self.config.alone:
            self._train_one("alone", "alone", HardLabels(), None)

    def _train_one(self, name: str, title: str, objective, targets) -> None:
        import keras

        from .distiller import Distiller

        path = self.folder / f"{name}.keras"
        if path.is_file():
            return
        schedule, seed = self.schedule(), self.config.seed
        encoded = self.encoded("transfer").with_labels(self.config.labelled, seed)
        known = None if targets is not None else np.flatnonzero(encoded.labels >= 0)
        feed = Feed(encoded, self.config.batch_size, seed, schedule.steps, targets, known)
        self.__dict__.pop("student", None)
        distiller = Distiller(student=self.student, objective=objective)
        keras.utils.set_random_seed(seed)
        checks = Feed(self.encoded("validation"), 256, 0)
        fit(distiller, feed, schedule, checks, self.folder / title, title, self.voice)
        save_keras(distiller.student, path)
        forget(self.folder / title)

    def export(self) -> None:
        """Write the verified `.tflite`."""
        path = self.folder / "student.tflite"
        if path.is_file():
            return
        made = self.write(path, self.config.quantize)
        self.voice.say(
            f"exported  {path}: {made.bytes / 1e6:.2f} MB, {made.quantize}; agrees with the Keras "
            f"student on {made.agreement:.2%} of {made.checked} validation texts"
        )

    def write(self, path: Path, quantize: str | None):
        """Export the student, checked on validation texts with their labels."""
        from .exporting import export

        texts = itertools.islice(_labelled(self.data, "validation"), CHECKED)
        return export(
            self.model("student").model,
            path,
            quantize=quantize,
            encoder=self.encoder,
            labels=self.data.labels,
            check=[(each.text, each.label) for each in texts] or None,
        )

    def tidy(self) -> None:
        """Remove what can be made again from the texts."""
        shutil.rmtree(self.work, ignore_errors=True)

    def model(self, name: str) -> TextModel:
        """A trained model of this run, from its file."""
        import keras

        file = self.folder / f"{name}.keras"
        try:
            model = keras.models.load_model(file, compile=False)
        except Exception as error:
            raise UserError(
                f"{file} is damaged ({type(error).__name__}): remove it, and the command that "
                "began the run trains it again."
            ) from error
        return TextModel(model, self.encoder, self.data.labels, name)

    def compare(self) -> None:
        """Score everything on the test texts."""
        from .run_report import run_report

        run_report(self).save(self.folder)

    def result(self) -> Result:
        """What the folder holds."""
        return Result(self.folder, self.folder / "student.tflite", report.load(self.folder))


def _stored(path: Path, shape: tuple[int, int]) -> np.ndarray:
    try:
        found = np.load(path, mmap_mode="r")
    except (ValueError, EOFError) as error:
        raise UserError(f"{path} is damaged ({error}): remove it, and run again.") from error
    if found.shape != shape:
        raise UserError(
            f"{path} holds logits {list(found.shape)} and the data need {list(shape)}: remove it, "
            "and run again."
        )
    return found


def _labelled(data: Data, split: str):
    return (each for each in data.read(split) if each.label >= 0)
