"""Fine-tune a Hugging Face encoder with a new head, all its weights or few of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import students
from ..data.feeding import Feed
from ..models.hugging_face_encoders import load_encoder
from ..models.text_model import TextModel
from ..models.tuning import Tuning, parse_way, slow_lower_layers
from ..progress import Progress, format_duration, logger
from . import fitting
from .config import RunConfig
from .durations import sum_seconds
from .fitting import TrainingLog, TrainingPlan
from .own_teacher import Lessons
from .stages import read_optimizer
from .tune_setting import begin_tuning

EPOCHS, BATCH = 2, 16
_RATE = 3e-5
_RATES = {"head": 1e-3, "bitfit": 1e-3, "lora": 5e-4, "adapter": 5e-4, "prompt": 1e-2}
"""Of Adam, where no learning rate is given; weights that are few, or new, take larger steps."""


@dataclass(frozen=True)
class FineTuned:
    """A teacher, and what its training took.

    Attributes:
        model: The teacher.
        facts: Where weights were chosen: how many were trained of how many, minutes and memory.
    """

    model: TextModel
    facts: dict[str, Any] = field(default_factory=dict)


def fine_tune(config: RunConfig, lessons: Lessons, folder: Path, progress: Progress) -> FineTuned:
    """Train a Hugging Face encoder with a new head on the labelled texts.

    Args:
        config: The settings of `tfkd teach`.
        lessons: What it learns from.
        folder: For backups and the history.
        progress: Shows how far it is.
    """
    import keras

    from ..training.distiller import Distiller

    task, schema, training = lessons.task, lessons.schema, config.training
    keras.utils.set_random_seed(training.seed)
    path = Path(config.teacher.source.partition(":")[2]).expanduser()
    encoder = load_encoder(path, task.hugging_face)
    if task.pieces:
        encoder = encoder.with_rows(lessons.encoder.vocab_size, training.seed)
    model = students.build_on_encoder(encoder, task, schema, pad_id=lessons.encoder.pad_id)
    known = np.flatnonzero(lessons.train.has_labels())
    feed = Feed(lessons.train, min(training.batch_size, BATCH), training.seed, only=known)
    optimizer = read_optimizer(config)
    rate = optimizer.choose_rate(_RATES.get(parse_way(training.tune).name, _RATE))
    plan = TrainingPlan(
        feed.steps,
        training.epochs or EPOCHS,
        training.learning_rate or rate,
        optimizer=optimizer,
        stopping=lessons.validation.stop_early(training.patience),
    )
    tuning = begin_tuning(model, config)
    if training.tune:
        share = f"{tuning.trained:,} of {tuning.total:,} weights"
        logger.info(f"{tuning.way}: trains {share}, with a learning rate of {plan.learning_rate:g}")
    fitting.train_distiller(
        Distiller(
            student=tuning.model,
            objective=task.objective_alone(schema),
            rules=slow_lower_layers(tuning.model, training.layer_decay),
        ),
        feed,
        plan=plan,
        validation=lessons.validation.feed(64),
        log=TrainingLog(folder, "fine-tuning", progress, task.metrics()),
    )
    facts = _measure(tuning, sum_seconds([folder]) or 0.0) if training.tune else {}
    shapes = task.output_shapes(schema)
    labels, origin = schema.labels, config.teacher.source
    return FineTuned(
        TextModel(tuning.finish(), lessons.encoder, labels, origin, shapes=shapes), facts
    )


def _measure(tuning: Tuning, seconds: float) -> dict[str, Any]:
    """Return what a training took, and say it."""
    facts = {
        "tune": str(tuning.way),
        "trained": tuning.trained,
        "weights": tuning.total,
        "minutes": round(seconds / 60, 2),
    }
    memory = _peak_memory()
    said = f"; the process took {memory:,} MB at most" if memory else ""
    logger.info(
        f"{tuning.way}: trained {tuning.trained:,} of {tuning.total:,} weights "
        f"({tuning.trained / tuning.total:.2%}) in {format_duration(seconds)}{said}"
    )
    return {**facts, "peak_memory_mb": memory} if memory else facts


def _peak_memory() -> int:
    """Return the most memory that this process has had, in MB; 0 where the system does not say."""
    try:
        import resource
    # Windows has no such module.
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on a Mac, else kilobytes.
    return round(most / (1e6 if sys.platform == "darwin" else 1e3))
