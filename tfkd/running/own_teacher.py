"""Train a teacher on the spot: one big model, or an ensemble of several kinds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import students
from ..console import Voice
from ..data.encoded import Encoded
from ..data.feeding import Feed
from ..errors import UserError
from ..models.text_model import TextModel
from ..text import TextEncoder
from .fitting import Schedule, epochs_for, fit, forget

# Kinds that err differently; each learns from scratch within minutes on a CPU.
ENSEMBLE = ("ngram_cnn:base", "text_cnn:base", "text_cnn:base")
BATCH = 64  # examples


@dataclass(frozen=True)
class Effort:
    """How a teacher is trained; 0 means: choose for me."""

    epochs: int = 0
    batch_size: int = BATCH
    learning_rate: float = 0.0


def members(spec: str) -> tuple[str, ...]:
    """The models that `train` or `train:STUDENT[:SIZE]` asks for.

    >>> members("train:transformer")
    ('transformer:base',)
    """
    wanted = spec.partition(":")[2]
    if not wanted:
        return ENSEMBLE
    name, _, size = wanted.partition(":")
    if name == "ensemble":
        return ENSEMBLE
    if name not in students.STUDENTS or size not in ("", *students.SIZES):
        raise UserError(
            f"unknown teacher {spec!r}: write train, or train:NAME[:SIZE] with NAME one of "
            f"{', '.join(students.STUDENTS)} and SIZE one of {', '.join(students.SIZES)}."
        )
    return (f"{name}:{size or 'base'}",)


def train(
    spec: str,
    encoded: Encoded,
    validation: Encoded,
    encoder: TextEncoder,
    labels: tuple[str, ...],
    folder: Path,
    *,
    seed: int = 0,
    effort: Effort | None = None,
    voice: Voice | None = None,
) -> TextModel:
    """Train the teacher that `spec` describes on the labelled texts; parts go to `folder`."""
    import keras

    voice = voice or Voice()
    effort, known = effort or Effort(), np.flatnonzero(encoded.labels >= 0)
    models = []
    for number, member in enumerate(members(spec)):
        name, _, size = member.partition(":")
        where = folder / f"member-{number}"
        keras.utils.set_random_seed((seed + 1000 * (number + 1)) % 2**32)
        model = students.build(name, encoder.vocab_size, len(labels), size, seed=seed + number)
        if (where / "model.keras").is_file():
            model = keras.models.load_model(where / "model.keras", compile=False)
        else:
            feed = Feed(encoded, effort.batch_size, seed + number, only=known)
            _train_one(model, member, feed, validation, where, effort, voice)
        models.append(model)
    return TextModel(_together(models), encoder, labels, spec)


def _train_one(model, member: str, feed: Feed, validation, where, effort, voice) -> None:
    from ..losses import HardLabels
    from ..models.saving import save_keras
    from ..training.distiller import Distiller

    rate = effort.learning_rate or students.LEARNING_RATES[member.partition(":")[0]]
    schedule = Schedule(feed.steps, epochs_for(feed.steps, effort.epochs), rate)
    distiller = Distiller(student=model, objective=HardLabels())
    checks = Feed(validation, 256, 0) if len(validation) else None
    fit(distiller, feed, schedule, checks, where, f"teacher {member}", voice)
    save_keras(model, where / "model.keras")
    forget(where)


def _together(models: list):
    """One model whose logits are the log of the members' mean probability."""
    import keras
    from keras import ops

    if len(models) == 1:
        return models[0]
    for number, model in enumerate(models):
        model.name = f"member_{number}_{model.name}"
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    likely = [ops.log_softmax(model(ids)) for model in models]
    mean = ops.logsumexp(ops.stack(likely, axis=-1), axis=-1) - float(np.log(len(models)))
    return keras.Model(ids, mean, name="ensemble")
