"""The settings `tune` and `layer_decay`: which weights are trained, checked before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import students
from ..errors import UserError
from ..models.hugging_face_encoders import load_encoder
from ..models.tuning import Tuning, parse_way, slow_lower_layers, tune
from ..models.tuning.ways import ALL
from ..tasks import Task
from .config import RunConfig
from .own_teacher import fine_tunes
from .stages import read_names


def check_tuning(config: RunConfig) -> None:
    """Refuse ways to tune that do not exist, or that do not go with the other settings.

    Raises:
        UserError: The first of them.
    """
    training, teacher = config.training, config.teacher
    for way in (training.tune, teacher.tune):
        parse_way(way)
    if training.freeze and parse_way(training.tune).name != ALL:
        raise UserError(
            f"tune is {training.tune!r} and freeze {training.freeze!r}: the first says already "
            "what is trained, so leave one of them out."
        )
    if teacher.tune and not fine_tunes(teacher.source):
        raise UserError(
            f"teacher_tune is {teacher.tune!r}, and the teacher {teacher.source} is not fine-tuned "
            "here: leave it out, or write --teacher train:hf:FOLDER."
        )


def check_teacher_tuning(config: RunConfig, task: Task) -> None:
    """Refuse what the teacher `hf:FOLDER` of `tfkd teach`, or one from scratch, cannot do.

    Raises:
        UserError: Layers that it does not have, a way of tuning that is not for it.
    """
    training, source = config.training, config.teacher.source
    if source.partition(":")[0] != "hf":
        for name, value, plain in (
            ("tune", parse_way(training.tune).name, ALL),
            ("layer_decay", training.layer_decay, 1),
        ):
            if value != plain:
                raise UserError(
                    f"{name} is {getattr(training, name)!r}, which keeps most of what a model "
                    f"knows, and the teacher {source} starts from random weights: leave it out, "
                    "or fine-tune an encoder, --teacher hf:FOLDER."
                )
        return
    if read_names(config) or training.tune or training.layer_decay != 1:
        path = Path(source.partition(":")[2]).expanduser()
        encoder = load_encoder(path, task.hugging_face)
        begin_tuning(students.build_on_encoder(encoder, task, task.schema(("0", "1"))), config)


def begin_tuning(model: Any, config: RunConfig) -> Tuning:
    """Choose the weights of a teacher that are trained, as the settings say.

    Args:
        model: The teacher, not yet trained.
        config: The settings of `tfkd teach`.

    Raises:
        UserError: Layers that it does not have, a way of tuning that is not for it.
    """
    training = config.training
    tuning = tune(model, training.tune, frozen=read_names(config), seed=training.seed)
    slow_lower_layers(tuning.model, training.layer_decay)
    return tuning
