"""Train on feeds as planned; interrupted, a training goes on with the same command."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.feeding import Feed
from ..files import replace_when_whole
from ..progress import Progress, format_duration, logger
from ..tasks import name_metrics
from ..training.backup import Backup
from .best_epoch import (
    HISTORY,
    EarlyStopping,
    best_epoch_callback,
    forget_best,
    has_stopped,
    read_history,
    restore_best,
)
from .durations import record_epoch
from .optimizers import OptimizerPlan

if TYPE_CHECKING:
    from ..training.distiller import Distiller

STEPS = 1_000  # what `epochs` aims at where it is not given
EPOCHS = (2, 30)
_BACKUP_STEPS = 500  # between two backups, in addition to those after each epoch
_WORTH_SAYING = 60.0  # seconds that a training takes, from which on they are said


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how fast to train.

    Attributes:
        steps: Steps in an epoch.
        epochs: Passes of so many steps.
        learning_rate: The highest rate, reached after the warm-up.
        projection_rate: A constant rate for the losses' projections; None takes the student's.
        optimizer: What updates the weights.
        stopping: When to stop before the last epoch, to keep the best one; None keeps the last.
    """

    steps: int
    epochs: int
    learning_rate: float
    projection_rate: float | None = None
    optimizer: OptimizerPlan = field(default_factory=OptimizerPlan)
    stopping: EarlyStopping | None = None

    def make_optimizer(self) -> Any:
        """Make the optimizer, with its schedule over all steps."""
        return self.optimizer.make(self.learning_rate, self.steps * self.epochs)


@dataclass(frozen=True)
class TrainingLog:
    """Where a training keeps its backups and history, and how it is reported.

    Attributes:
        folder: The folder of `history.jsonl` and of the backups.
        title: The name of the training, for the progress bar.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        metrics: The Keras metrics that are reported, by name or as objects.
    """

    folder: Path
    title: str
    progress: Progress
    metrics: Any = ("accuracy",)


def choose_epochs(steps: int, asked: int = 0) -> int:
    """Return the epochs asked for, or as many as make about 1,000 steps, 2 to 30.

    >>> choose_epochs(586), choose_epochs(63), choose_epochs(586, asked=5)
    (2, 16, 5)
    """
    least, most = EPOCHS
    return asked or min(max(-(-STEPS // steps), least), most)


def train_distiller(
    distiller: Distiller,
    feed: Feed,
    *,
    plan: TrainingPlan,
    validation: Feed | None,
    log: TrainingLog,
    callbacks: Sequence[Any] = (),
) -> None:
    """Train a distiller on a feed, and go on where an interrupted training stopped.

    What is in the log's folder already is not trained again, so call `forget_backups` when the
    model is saved. Where the plan stops early, the student ends with the weights of its best epoch.
    Under a strategy of several workers all of them train, and the first one writes the history.

    Args:
        distiller: The distiller, not yet compiled.
        feed: The batches to train on.
        plan: Epochs and learning rates.
        validation: The batches to evaluate after each epoch, if any.
        log: Where states and history go.
        callbacks: Keras callbacks in addition to those of backup and progress.

    Raises:
        UserError: A backup that is damaged, or of another training.
    """
    from ..distribution.workers import worker

    log.folder.mkdir(parents=True, exist_ok=True)
    strategy, stopping = distiller.distribute_strategy, plan.stopping
    if stopping is not None and has_stopped(stopping, log.folder, strategy):
        restore_best(stopping, distiller.student, log.folder, strategy)
        return
    with strategy.scope():
        distiller.compile(
            plan.make_optimizer(),
            metrics=log.metrics if isinstance(log.metrics, Mapping) else list(log.metrics),
            jit_compile=False,
            projection_optimizer=plan.projection_rate,
        )
    distiller.metric_log.shows_val_loss = False
    callbacks = [feed.follow(), *callbacks]
    with log.progress(log.title, feed.steps * plan.epochs, "steps") as advance:
        callbacks.append(_progress_callback(advance, feed.steps))
        if stopping is not None:
            callbacks.append(best_epoch_callback(stopping, log.folder, strategy))
        if worker(strategy)[0] == 0:
            # Keras gives a measure of labels that are not there as 0.
            unknown = () if feed.encoded.has_labels().any() else name_metrics(log.metrics)
            callbacks.append(_history_callback(log, plan.epochs, frozenset(unknown)))
        distiller.fit(
            **_data_arguments(feed, validation, strategy),
            epochs=plan.epochs,
            verbose=0,
            # The feed has shuffled.
            shuffle=False,
            callbacks=callbacks,
            backup=Backup(log.folder / "backup", every=_BACKUP_STEPS, follows=True),
        )
    if stopping is not None:
        restore_best(stopping, distiller.student, log.folder, strategy)


def forget_backups(folder: Path) -> None:
    """Remove the backups of a training whose model has been saved."""
    Backup(folder / "backup").forget()
    forget_best(folder)


def _data_arguments(feed: Feed, validation: Feed | None, strategy: Any) -> dict[str, Any]:
    """Return the arguments of `fit` that name the data: its shares, where there are replicas."""
    if strategy.num_replicas_in_sync == 1:
        return {"x": feed.dataset(), "validation_data": validation and validation.dataset()}
    arguments = {"x": feed.distributed(strategy), "steps_per_epoch": feed.steps}
    if validation is None:
        return arguments
    checks = {"validation_data": validation.distributed(strategy)}
    return {**arguments, **checks, "validation_steps": validation.steps}


def _progress_callback(advance: Callable[[int], None], steps: int) -> Any:
    """Make the callback that moves a bar with each step, those before a resumed epoch too."""
    import keras

    class ProgressCallback(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            if epoch > self.epochs:
                advance((epoch - self.epochs) * steps)
            self.epochs = epoch + 1

        def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
            advance(1)

    return ProgressCallback()


def _history_callback(log: TrainingLog, epochs: int, unknown: frozenset[str]) -> Any:
    """Make the callback that writes each epoch's numbers to `history.jsonl`, and reports them.

    Args:
        log: Where they go.
        epochs: How many there are.
        unknown: The numbers that mean nothing, and are left out.
    """
    import keras

    file = log.folder / HISTORY

    class History(keras.callbacks.Callback):
        start, said = 0.0, False

        def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            self.start = time.monotonic()

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            known = {key: value for key, value in (logs or {}).items() if key not in unknown}
            numbers = {key: float(value) for key, value in known.items()}
            # Epochs that a resumed training repeats are written again.
            kept = [line for line in read_history(log.folder) if line["epoch"] <= epoch]
            lines = [*kept, {"epoch": epoch + 1, **numbers}]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            with replace_when_whole(file) as part:
                part.write_text(text, encoding="utf-8")
            names = name_metrics(log.metrics)
            shown = ("loss", *names, *(f"val_{name}" for name in names))
            scores = ", ".join(f"{key} {numbers[key]:.4f}" for key in shown if key in numbers)
            logger.info(f"  epoch {epoch + 1} of {epochs}: {scores}")
            record_epoch(log.folder, epoch + 1, time.monotonic() - self.start)
            self._say_time(epochs - epoch - 1)

        def _say_time(self, left: int) -> None:
            """Say once how long the other epochs take, if that is long."""
            seconds = left * (time.monotonic() - self.start)
            if not self.said and seconds > _WORTH_SAYING:
                others = f"other {left} epochs" if left > 1 else "other epoch"
                logger.info(f"  about {format_duration(seconds)} for the {others}")
            self.said = True

    return History()
