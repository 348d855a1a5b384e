"""Train on feeds, with a warm-up and a cosine; interrupted, it goes on with the same command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..console import Voice
from ..data.feeding import Feed
from ..files import replace_when_whole
from ..training.backup import Backup

WARM_UP = 50  # steps
STEPS = 1_000  # what `epochs` aims at where it is not given
EPOCHS = (2, 30)
EVERY = 500  # steps between two states, beside those after each epoch


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: steps in an epoch, epochs, the highest learning rate."""

    steps: int
    epochs: int
    learning_rate: float

    def optimizer(self):
        """Adam with a linear warm-up and a cosine to zero."""
        import keras

        total = self.steps * self.epochs
        warm_up = min(WARM_UP, total // 4)
        rate = keras.optimizers.schedules.CosineDecay(
            self.learning_rate / 50,
            total - warm_up,
            warmup_target=self.learning_rate,
            warmup_steps=warm_up,
        )
        return keras.optimizers.Adam(rate, beta_2=0.99)


def epochs_for(steps: int, asked: int = 0) -> int:
    """The epochs asked for, or as many as make about 1,000 steps, 2 to 30.

    >>> epochs_for(586), epochs_for(63), epochs_for(586, asked=5)
    (2, 16, 5)
    """
    least, most = EPOCHS
    return asked or min(max(-(-STEPS // steps), least), most)


def fit(
    distiller,
    feed: Feed,
    schedule: Schedule,
    validation: Feed | None,
    folder: Path,
    title: str,
    voice: Voice,
    projection_rate: float | None = None,
    callbacks: Sequence[Any] = (),
) -> None:
    """Train; the states on the way and the history (`history.jsonl`) go to `folder`.

    What is there already is not trained again, so call `forget` when the model is saved. Under a
    strategy of several workers all of them train, and the first one writes the history.

    Raises:
        UserError: no good backup, and a damaged one.
    """
    from ..distribution.workers import worker

    folder.mkdir(parents=True, exist_ok=True)
    strategy = distiller.distribute_strategy
    with strategy.scope():
        distiller.compile(
            schedule.optimizer(),
            metrics=["accuracy"],
            jit_compile=False,
            projection_optimizer=projection_rate,
        )
    callbacks = [feed.follow(), *callbacks]
    with voice.bar(title, feed.steps * schedule.epochs, "steps") as advance:
        callbacks.append(_progress(advance, feed.steps))
        if worker(strategy)[0] == 0:
            callbacks.append(_journal(folder, schedule.epochs, voice))
        distiller.fit(
            **_data(feed, validation, strategy),
            epochs=schedule.epochs,
            verbose=0,
            shuffle=False,  # the feed has shuffled
            callbacks=callbacks,
            backup=Backup(folder / "backup", every=EVERY, follows=True),
        )


def _data(feed: Feed, validation: Feed | None, strategy) -> dict[str, Any]:
    """The arguments of `fit` that say what is read; shares of it where there are replicas."""
    if strategy.num_replicas_in_sync == 1:
        return {"x": feed.dataset(), "validation_data": validation and validation.dataset()}
    found = {"x": feed.distributed(strategy), "steps_per_epoch": feed.steps}
    if validation is None:
        return found
    checks = {"validation_data": validation.distributed(strategy)}
    return {**found, **checks, "validation_steps": validation.steps}


def forget(folder: Path) -> None:
    """Remove the backups of a training whose model has been saved."""
    Backup(folder / "backup").forget()


def history(folder: Path) -> list[dict]:
    """One dict of numbers per epoch; a line that was cut off is left out."""
    file = folder / "history.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def _progress(advance, steps: int):
    """Tell a bar of each step, those of the epochs before a resumed one too."""
    import keras

    class Progress(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_begin(self, epoch, logs=None):
            if epoch > self.epochs:
                advance((epoch - self.epochs) * steps)
            self.epochs = epoch + 1

        def on_train_batch_end(self, batch, logs=None):
            advance(1)

    return Progress()


def _journal(folder: Path, epochs: int, voice: Voice):
    import keras

    file = folder / "history.jsonl"

    class Journal(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            numbers = {key: float(value) for key, value in (logs or {}).items()}
            kept = [each for each in history(folder) if each["epoch"] <= epoch]
            lines = [*kept, {"epoch": epoch + 1, **numbers}]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            with replace_when_whole(file) as part:
                part.write_text(text, encoding="utf-8")
            shown = ("loss", "accuracy", "val_accuracy")
            said = ", ".join(f"{key} {numbers[key]:.4f}" for key in shown if key in numbers)
            voice.say(f"  epoch {epoch + 1} of {epochs}: {said}")

    return Journal()
