"""The phases of a run: distil, train alone, export, compare. What one made is not made again."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np

from ..data import Data
from ..data.encoded import Encoded
from ..data.feeding import Feed
from ..errors import UserError
from ..losses._base import Objective, as_objective
from ..models.saving import load_weights, save_keras, save_weights
from ..models.text_model import TextModel
from ..runtime.quantisations import AUTO, CALIBRATED, DRAWN
from ..training import projections
from . import callbacks
from .checks import other_names
from .fitting import Schedule, fit, forget
from .materials import SPLITS, Materials
from .stages import Stage, stages_of, titles
from .tensorboard import TEXTS, Samples, board, check_board

WEIGHTS = "weights.npz"  # of the student behind a stage
CHECKED = 500  # validation texts that an export is checked on


class Run(Materials):
    """The phases, in their order: plan, train, export, compare, tidy."""

    def plan(self) -> None:
        """Say what will be done, before it is."""
        self._check_callbacks()
        schedule, counts, say = self.schedule(), self.data.counts, self.voice.say
        made = " (synthetic texts, written by a program)" if self.data.synthetic else ""
        splits = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        say(f"data      {self.data.name}{made}: {splits}; {len(self.data.labels)} classes")
        say(f"teacher   {self.config.teacher}")
        say(f"student   {self.config.student}: {self.student.count_params():,} parameters")
        say(
            f"training  {schedule.epochs} epochs of {schedule.steps:,} steps of "
            f"{self.config.batch_size} examples{self._shares()}"
            + (", then the same number of steps alone" if self.config.alone else "")
        )
        say(f"written   {self.folder}")
        say(f"targets   {self._where_targets()}")
        if self.config.labelled:
            say(f"labels    {self.config.labelled:,} for the student, the rest as texts only")
        for note in self.data_notes():
            say(note)

    def _shares(self) -> str:
        count = self.strategy.num_replicas_in_sync
        return f", split over {count} replicas" if count > 1 else ""

    def _where_targets(self) -> str:
        if not self.config.cache:
            return "none are stored to train on: the teacher runs in every step"
        if not (live := self._live_reads()):
            return f"{self.store}: the teacher's outputs, computed once"
        return f"the teacher runs in every step for {', '.join(sorted(live))}"

    def data_notes(self) -> list[str]:
        """What a reader of the numbers must know of the data."""
        notes = []
        if self.data.synthetic:
            notes.append("The texts are synthetic: the scores say nothing about real texts.")
        if "_given_teacher" in self.__dict__:  # else it is trained here, or has run already
            notes += other_names(self._given_teacher, self.data.labels)
        return notes

    def prepare(self) -> None:
        """All that the training reads, on disk: so that other workers find it there."""
        self.plan()
        live = self._live_reads()
        for split in SPLITS:
            self.encoded(split)
            if split != "validation" or live:
                self.encoded(split, self._reader)

    def targets_of_all(self) -> None:
        """The teacher's outputs that are stored for this run; each worker computes its share."""
        if self.config.cache and not self._live_reads():
            self.targets("transfer")
        self.targets("test")

    def _live_reads(self) -> set[str]:
        """What is read of the teacher beside its logits."""
        reads = {name for stage in stages_of(self.config) for name in stage.objective.reads}
        return reads - {"logits"}

    def train(self) -> None:
        """Distil; then train the same student alone, for as many steps on the labelled texts."""
        from ..losses import HardLabels

        self._train_in_stages("student", stages_of(self.config))
        if self.config.alone:
            alone = Stage("alone", as_objective(HardLabels()))
            self._train_in_stages("alone", [alone], self.schedule())

    def _train_in_stages(self, name: str, stages: list[Stage], schedule=None) -> None:
        """Train the student of this name in each stage from where the last one left it."""
        path = self.folder / f"{name}.keras"
        if path.is_file():
            return
        self.__dict__.pop("student", None)
        with self.strategy.scope():
            self.student  # noqa: B018
        folders = [self.folder / title for title in titles(stages)]
        for stage, folder in zip(stages, folders, strict=True):
            if not load_weights(self.student, folder / WEIGHTS):
                self._train_stage(stage, schedule or self.schedule(stage), folder.name)
                if folder != folders[-1] and self.first:
                    save_weights(self.student, folder / WEIGHTS)
        self.student.trainable = True
        if not self.first:
            return
        save_keras(self.student, path)
        for folder in folders:
            (folder / WEIGHTS).unlink(missing_ok=True)
            forget(folder)

    def _train_stage(self, stage: Stage, schedule: Schedule, title: str) -> None:
        import keras

        from ..training.distiller import Distiller

        seed = self.config.seed
        encoded = self.encoded("transfer").with_labels(self.config.labelled, seed)
        feed, teacher = self._feed(encoded, schedule.steps, stage.objective)
        stage.freeze(self.student)
        example = next(iter(feed.dataset()))
        with self.strategy.scope():
            distiller = Distiller(
                student=self.student, teacher=teacher, objective=stage.objective, example=example
            )
        projections.say(distiller.layer_maps, self.voice.say)
        keras.utils.set_random_seed(seed)
        checks = Feed(self.encoded("validation"), 256, 0)
        rate = self.config.projection_rate or None
        fit(
            *(distiller, feed, schedule, checks, self.folder / title, title, self.voice, rate),
            callbacks=self._callbacks(distiller, encoded, self.folder / "tensorboard" / title),
        )

    def _check_callbacks(self) -> None:
        """What is wrong with them is told before anything is computed."""
        callbacks.callbacks(self.config.callbacks)
        if self.config.tensorboard:
            check_board()

    def _callbacks(self, distiller, encoded: Encoded, folder: Path) -> list:
        given = callbacks.callbacks(self.config.callbacks)
        if not (self.config.tensorboard and self.first):
            return given
        return [*given, board(distiller, folder, self._samples(encoded))]

    def _samples(self, encoded: Encoded) -> Samples:
        """Texts of the transfer set, drawn by the seed, and what the teacher says of them."""
        rows = np.random.default_rng(self.config.seed).permutation(len(encoded))[:TEXTS]
        if self.config.cache and not self._live_reads():
            teacher = self.targets("transfer")[rows]
        else:
            teacher = self.live_teacher(self.encoded("transfer", self._reader)[rows])
        texts = [self.encoder.tokenizer.decode(encoded.row(row).tolist()) for row in rows]
        return Samples(encoded[rows], texts, teacher, self.data.labels)

    def _feed(self, encoded: Encoded, steps: int, objective: Objective):
        """The batches, and the teacher if it runs in every step."""
        config, teacher = self.config, None
        feed = Feed(encoded, config.batch_size, config.seed, steps)
        if not objective.reads:
            known = np.flatnonzero(encoded.labels >= 0)
            feed = Feed(encoded, config.batch_size, config.seed, steps, only=known)
        elif config.cache and objective.reads == ("logits",):
            feed.targets = self.targets("transfer")
        else:
            feed.teacher, teacher = self.encoded("transfer", self._reader), self.live_teacher
        return feed, teacher

    def export(self) -> None:
        """Write the verified `.tflite`."""
        path = self.folder / "student.tflite"
        if path.is_file():
            return
        made = self._checked(path)
        self.voice.say(
            f"exported  {path}: {made.bytes / 1e6:.2f} MB, {made.quantize}; agrees with the Keras "
            f"student on {made.agreement:.2%} of {made.checked} validation texts"
        )

    def _checked(self, path: Path):
        """The file as asked for or, where that does not compute what the student does, a milder."""
        from ..exporting.verify import Differs

        try:
            return self.write(path, self.config.quantize)
        except Differs as error:
            if error.instead is None:
                raise
            self.voice.say(f"{error} Going on with that.")
            return self.write(path, error.instead)

    def write(
        self,
        path: Path,
        quantize: str | None,
        client: str | None = None,
        max_drop: float | None = None,
        tokenizer: bool = False,
    ):
        """Export the student, checked on validation texts with their labels.

        Where ranges are measured, they are those of training texts.
        """
        from ..exporting import export

        texts = itertools.islice(_labelled(self.data, "validation"), CHECKED)
        return export(
            self.model("student").model,
            path,
            quantize=quantize,
            encoder=self.encoder,
            labels=self.data.labels,
            check=[(each.text, each.label) for each in texts] or None,
            calibration=self._calibration() if quantize in (*CALIBRATED, AUTO) else None,
            max_drop=max_drop,
            tokenizer=tokenizer,
            client=client,
        )

    def _calibration(self) -> list[str]:
        """Training texts drawn by the seed, of all parts of the file."""
        count = self.data.counts["train"]
        rows = np.random.default_rng(self.config.seed).permutation(count)[:DRAWN]
        chosen = set(rows.tolist())
        return [each.text for at, each in enumerate(self.data.read("train")) if at in chosen]

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


def _labelled(data: Data, split: str):
    return (each for each in data.read(split) if each.label >= 0)
