"""Train a teacher on the spot: one big model, or an ensemble of several kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import students
from ..data import Schema
from ..data.encoded import Encoded
from ..data.feeding import Feed
from ..errors import UserError
from ..models.array_model import model_of
from ..models.freezing import TrainableFlags, find_by_beginning, freeze, has_layer
from ..models.saving import save_keras
from ..models.text_model import TextModel
from ..progress import Progress, format_count, log_progress
from ..tasks import Task
from ..text import Encoder
from . import fitting
from .fitting import TrainingLog, TrainingPlan, choose_epochs, forget_backups
from .optimizers import OptimizerPlan
from .validation import ValidationSet

# Kinds that err differently; each learns from scratch within minutes on a CPU.
ENSEMBLE = ("ngram_cnn:base", "text_cnn:base", "text_cnn:base")
BATCH = 64  # examples


@dataclass(frozen=True)
class Lessons:
    """The texts that a teacher learns from.

    Attributes:
        train: Token ids and labels to train on.
        validation: What to evaluate on after each epoch, with task and tokenizer.
    """

    train: Encoded
    validation: ValidationSet

    @property
    def task(self) -> Task:
        """What is to be learnt."""
        return self.validation.task

    @property
    def encoder(self) -> Encoder:
        """The tokenizer."""
        return self.validation.encoder

    @property
    def schema(self) -> Schema:
        """What the training split fixed, such as the class names, for this tokenizer."""
        return self.task.schema_with(self.validation.data.schema, self.encoder)


@dataclass(frozen=True)
class Effort:
    """How a teacher is trained; 0 means: choose for me.

    Attributes:
        epochs: Passes over the texts.
        batch_size: Examples in a batch.
        learning_rate: The highest rate.
        frozen: Names of layers that are not trained, see `tfkd.models.freezing`.
        patience: Epochs without a better validation score after which to keep the best; 0 trains
            them all.
        optimizer: What updates the weights.
    """

    epochs: int = 0
    batch_size: int = BATCH
    learning_rate: float = 0.0
    frozen: tuple[str, ...] = ()
    patience: int = 0
    optimizer: OptimizerPlan = field(default_factory=OptimizerPlan)


def check_frozen(spec: str, task: Task, frozen: Sequence[str]) -> None:
    """Refuse names of layers that no member of a teacher has, or that leave nothing to train.

    Raises:
        UserError: The first of them.
    """
    schema = task.schema(("0", "1"))
    members = [member.partition(":") for member in dict.fromkeys(list_members(spec))]
    models = [students.build_for(task, schema, name, 100, size) for name, _, size in members]
    for name in frozen:
        if not any(has_layer(model, name) for model in models):
            find_by_beginning(models[0], name)
    for model in models:
        freeze(model, _names_in(model, frozen))


def _names_in(model: Any, names: Sequence[str]) -> list[str]:
    """Return those names of layers that this member of an ensemble has."""
    return [name for name in names if has_layer(model, name)]


def fine_tunes(spec: str) -> bool:
    """Return whether a run fine-tunes a Hugging Face folder: `train:hf:FOLDER`."""
    return spec.startswith("train:hf:")


def list_members(spec: str) -> tuple[str, ...]:
    """Return the models that `train` or `train:STUDENT[:SIZE]` asks for.

    >>> list_members("train:transformer")
    ('transformer:base',)

    Raises:
        UserError: A student or a size that does not exist.
    """
    wanted = spec.partition(":")[2]
    if not wanted:
        return ENSEMBLE
    name, _, size = wanted.partition(":")
    if name == "ensemble":
        return ENSEMBLE
    if name not in students.NAMES or size not in ("", *students.SIZES):
        raise UserError(
            f"unknown teacher {spec!r}: write train, or train:NAME[:SIZE] with NAME one of "
            f"{', '.join(students.NAMES)} and SIZE one of {', '.join(students.SIZES)}; or "
            "train:hf:FOLDER."
        )
    return (f"{name}:{size or 'base'}",)


def describe_training(
    spec: str, effort: Effort, *, task: Task, schema: Schema, vocabulary: int, texts: int
) -> str:
    """Say how many models a teacher consists of, how large they are, and for how long they train.

    Args:
        spec: `train`, `train:ensemble` or `train:STUDENT[:SIZE]`.
        effort: Epochs and batch size.
        task: What is to be learnt.
        schema: What the training split fixed, such as the class names.
        vocabulary: How many ids the tokenizer has.
        texts: How many texts have labels.
    """
    members = list_members(spec)
    parameters = 0
    for name, _, size in (member.partition(":") for member in members):
        parameters += students.build_for(task, schema, name, vocabulary, size).count_params()
    steps = -(-texts // effort.batch_size)
    epochs = choose_epochs(steps, effort.epochs)
    ensemble = f"an ensemble of {len(members)}: " if len(members) > 1 else ""
    each = " each" if len(members) > 1 else ""
    at_most = "at most " if effort.patience else ""
    return (
        f"{ensemble}{', '.join(members)}, {parameters:,} parameters; trained here for {at_most}"
        f"{format_count(epochs, 'epochs')} of {format_count(steps, 'steps')}{each}, "
        f"{format_count(len(members) * epochs * steps, 'steps')} in all"
    )


def train_teacher(
    spec: str,
    lessons: Lessons,
    *,
    folder: Path,
    seed: int = 0,
    effort: Effort | None = None,
    progress: Progress = log_progress,
) -> TextModel:
    """Train the teacher that a spec describes on labelled texts.

    Args:
        spec: `train`, `train:ensemble` or `train:STUDENT[:SIZE]`.
        lessons: Texts, tokenizer and class names.
        folder: Where each member of an ensemble is kept, so that an interrupted training goes on.
        seed: Of the initial weights and the order of the texts.
        effort: Epochs, batch size and learning rate.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
    """
    import keras

    effort = effort or Effort()
    known = np.flatnonzero(lessons.train.has_labels())
    task, schema, vocabulary = lessons.task, lessons.schema, lessons.encoder.vocab_size
    models = []
    for number, member in enumerate(list_members(spec)):
        name, _, size = member.partition(":")
        title = f"teacher {member}"
        log = TrainingLog(folder / f"member-{number}", title, progress, task.metrics())
        keras.utils.set_random_seed((seed + 1000 * (number + 1)) % 2**32)
        model = students.build_for(task, schema, name, vocabulary, size, seed=seed + number)
        if (log.folder / "model.keras").is_file():
            model = keras.models.load_model(log.folder / "model.keras", compile=False)
        else:
            feed = Feed(lessons.train, effort.batch_size, seed + number, only=known)
            plan = _plan_member(name, feed.steps, effort, lessons)
            flags = TrainableFlags(model)
            freeze(model, _names_in(model, effort.frozen))
            _train_member(model, feed, lessons, plan, log)
            flags.restore()
            save_keras(model, log.folder / "model.keras")
            forget_backups(log.folder)
        models.append(model)
    shapes = task.output_shapes(schema)
    model = _join_members(models, task)
    kind = model_of(lessons.encoder)
    return kind(model, lessons.encoder, schema.labels, spec, shapes=shapes)


def _plan_member(name: str, steps: int, effort: Effort, lessons: Lessons) -> TrainingPlan:
    """Return epochs, rate and optimizer of a student that is trained as a teacher."""
    rate = effort.optimizer.choose_rate(students.LEARNING_RATES[name])
    return TrainingPlan(
        steps,
        choose_epochs(steps, effort.epochs),
        effort.learning_rate or rate,
        optimizer=effort.optimizer,
        stopping=lessons.validation.stop_early(effort.patience),
    )


def _train_member(
    model: Any, feed: Feed, lessons: Lessons, plan: TrainingPlan, log: TrainingLog
) -> None:
    """Train one model on labels alone."""
    from ..training.distiller import Distiller

    fitting.train_distiller(
        Distiller(student=model, objective=lessons.task.objective_alone(lessons.schema)),
        feed,
        plan=plan,
        validation=lessons.validation.feed(),
        log=log,
    )


def _join_members(models: list[Any], task: Task) -> Any:
    """Return one model whose logits are those of the members' mean probability, or mean number."""
    import keras

    if len(models) == 1:
        return models[0]
    for number, model in enumerate(models):
        model.name = f"member_{number}_{model.name}"
    names = [tensor.name for tensor in models[0].inputs]
    inputs: Any = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    inputs = inputs if len(names) > 1 else inputs[names[0]]
    outputs = [model(inputs) for model in models]
    joined: Any = {
        name: _mean([each[name] for each in outputs], task.form_of(name))
        for name in (outputs[0] if isinstance(outputs[0], dict) else ())
    }
    return keras.Model(inputs, joined or _mean(outputs, task.form), name="ensemble")


def _mean(members: list[Any], form: str) -> Any:
    """Return the logits of the members' mean probability, or their mean number."""
    from keras import ops

    outputs = ops.stack(members, axis=-1)
    if form == "regression":
        return ops.mean(outputs, axis=-1)
    if form == "multilabel":
        yes, no = ops.log_sigmoid(outputs), ops.log_sigmoid(-outputs)
        return ops.logsumexp(yes, axis=-1) - ops.logsumexp(no, axis=-1)
    log_probabilities = ops.log_softmax(outputs, axis=-2)
    return ops.logsumexp(log_probabilities, axis=-1) - float(np.log(len(members)))
