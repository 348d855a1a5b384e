"""Train on feeds, with a warm-up and a cosine; interrupted, it goes on with the same command."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.feeding import Feed
from ..files import replace_when_whole
from ..progress import Progress, logger
from ..training.backup import Backup

if TYPE_CHECKING:
    from ..training.distiller import Distiller

STEPS = 1_000  # what `epochs` aims at where it is not given
EPOCHS = (2, 30)
_WARM_UP = 50  # steps
_BACKUP_STEPS = 500  # between two backups, in addition to those after each epoch


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how fast to train.

    Attributes:
        steps: Steps in an epoch.
        epochs: Passes of so many steps.
        learning_rate: The highest rate, reached after the warm-up.
        projection_rate: A constant rate for the losses' projections; None takes the student's.
    """

    steps: int
    epochs: int
    learning_rate: float
    projection_rate: float | None = None

    def make_optimizer(self) -> Any:
        """Make Adam with a linear warm-up and a cosine to zero."""
        import keras

        total = self.steps * self.epochs
        warm_up = min(_WARM_UP, total // 4)
        rate = keras.optimizers.schedules.CosineDecay(
            self.learning_rate / 50,
            total - warm_up,
            warmup_target=self.learning_rate,
            warmup_steps=warm_up,
        )
        return keras.optimizers.Adam(rate, beta_2=0.99)


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
    metrics: Sequence[Any] = ("accuracy",)


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
    model is saved. Under a strategy of several workers all of them train, and the first one writes
    the history.

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
    strategy = distiller.distribute_strategy
    with strategy.scope():
        distiller.compile(
            plan.make_optimizer(),
            metrics=list(log.metrics),
            jit_compile=False,
            projection_optimizer=plan.projection_rate,
        )
    callbacks = [feed.follow(), *callbacks]
    with log.progress(log.title, feed.steps * plan.epochs, "steps") as advance:
        callbacks.append(_progress_callback(advance, feed.steps))
        if worker(strategy)[0] == 0:
            callbacks.append(_history_callback(log, plan.epochs))
        distiller.fit(
            **_data_arguments(feed, validation, strategy),
            epochs=plan.epochs,
            verbose=0,
            # The feed has shuffled.
            shuffle=False,
            callbacks=callbacks,
            backup=Backup(log.folder / "backup", every=_BACKUP_STEPS, follows=True),
        )


def forget_backups(folder: Path) -> None:
    """Remove the backups of a training whose model has been saved."""
    Backup(folder / "backup").forget()


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Return one dict of numbers per epoch; a line that was cut off is left out."""
    file = folder / "history.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


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


def _history_callback(log: TrainingLog, epochs: int) -> Any:
    """Make the callback that writes each epoch's numbers to `history.jsonl`, and reports them."""
    import keras

    file = log.folder / "history.jsonl"

    class History(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            numbers = {key: float(value) for key, value in (logs or {}).items()}
            # Epochs that a resumed training repeats are written again.
            kept = [line for line in read_history(log.folder) if line["epoch"] <= epoch]
            lines = [*kept, {"epoch": epoch + 1, **numbers}]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            with replace_when_whole(file) as part:
                part.write_text(text, encoding="utf-8")
            names = [getattr(metric, "name", metric) for metric in log.metrics]
            shown = ("loss", *names, *(f"val_{name}" for name in names))
            scores = ", ".join(f"{key} {numbers[key]:.4f}" for key in shown if key in numbers)
            logger.info(f"  epoch {epoch + 1} of {epochs}: {scores}")

    return History()
