"""Train on feeds, with a warm-up and a cosine; interrupted, it goes on with the same command."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from .console import Voice
from .feeding import Feed

WARM_UP = 50  # steps
STEPS = 1_000  # what `epochs` aims at where it is not given
EPOCHS = (2, 30)


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
) -> None:
    """Train; backups and the history of each epoch (`history.jsonl`) go to `folder`."""
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    distiller.compile(schedule.optimizer(), metrics=["accuracy"], jit_compile=False)
    total = feed.steps * schedule.epochs
    with voice.bar(title, total, "steps") as advance:
        distiller.fit(
            feed.dataset(),
            validation_data=validation and validation.dataset(),
            epochs=schedule.epochs,
            verbose=0,
            shuffle=False,  # the feed has shuffled
            callbacks=[
                keras.callbacks.BackupAndRestore(str(folder / "backup")),
                feed.follow(),
                _progress(advance, feed.steps),
                _journal(folder / "history.jsonl", schedule.epochs, voice),
            ],
        )
    shutil.rmtree(folder / "backup", ignore_errors=True)


def history(folder: Path) -> list[dict]:
    """One dict of numbers per epoch."""
    file = folder / "history.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def _progress(advance, steps: int):
    import keras

    class Progress(keras.callbacks.Callback):
        first = True

        def on_epoch_begin(self, epoch, logs=None):
            if self.first:
                advance(epoch * steps)
            self.first = False

        def on_train_batch_end(self, batch, logs=None):
            advance(1)

    return Progress()


def _journal(file: Path, epochs: int, voice: Voice):
    import keras

    class Journal(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            numbers = {key: float(value) for key, value in (logs or {}).items()}
            kept = [each for each in history(file.parent) if each["epoch"] <= epoch]
            lines = [*kept, {"epoch": epoch + 1, **numbers}]
            file.write_text("".join(json.dumps(each) + "\n" for each in lines))
            shown = ("loss", "accuracy", "val_accuracy")
            said = ", ".join(f"{key} {numbers[key]:.4f}" for key in shown if key in numbers)
            voice.say(f"  epoch {epoch + 1} of {epochs}: {said}")

    return Journal()
