"""Train on feeds, with a warm-up and a cosine; interrupted, it goes on with the same command."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..console import Voice
from ..corpus.feeding import Feed
from ..errors import UserError

WARM_UP = 50  # steps
STEPS = 1_000  # what `epochs` aims at where it is not given
EPOCHS = (2, 30)
_STATE = ".npz"


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
) -> None:
    """Train; the state after each epoch and the history (`history.jsonl`) go to `folder`.

    What is there already is not trained again, so call `forget` when the model is saved.

    Raises:
        UserError: a damaged backup.
    """
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    distiller.compile(
        schedule.optimizer(),
        metrics=["accuracy"],
        jit_compile=False,
        projection_optimizer=projection_rate,
    )
    start = _restored(distiller, folder)
    with voice.bar(title, feed.steps * schedule.epochs, "steps") as advance:
        advance(start * feed.steps)
        if start < schedule.epochs:
            distiller.fit(
                feed.dataset(),
                validation_data=validation and validation.dataset(),
                epochs=schedule.epochs,
                initial_epoch=start,
                verbose=0,
                shuffle=False,  # the feed has shuffled
                callbacks=[
                    feed.follow(),
                    keras.callbacks.LambdaCallback(
                        on_train_batch_end=lambda batch, logs: advance(1)
                    ),
                    _journal(folder, schedule.epochs, voice),
                    _backup(folder),
                ],
            )


def forget(folder: Path) -> None:
    """Remove the backups of a training whose model has been saved."""
    shutil.rmtree(folder / "backup", ignore_errors=True)


def history(folder: Path) -> list[dict]:
    """One dict of numbers per epoch; a line that was cut off is left out."""
    file = folder / "history.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def _restored(distiller, folder: Path) -> int:
    """Load the state after the last whole epoch; returns how many there were."""
    found = sorted(folder.glob(f"backup/epoch-*{_STATE}"))
    if not found:
        return 0
    variables = _variables(distiller)
    try:
        with found[-1].open("rb") as file, np.load(file) as state:
            for i, variable in enumerate(variables):
                variable.assign(state[f"arr_{i}"])
    except Exception as error:
        raise UserError(
            f"{found[-1]} is damaged ({type(error).__name__}): remove {found[-1].parent}, and the "
            "same command trains this model from its start."
        ) from error
    return int(found[-1].name.removesuffix(_STATE).partition("-")[2])


def _variables(distiller) -> list:
    """Weights, random numbers of the dropout, and the optimizer's state, in one order."""
    distiller.optimizer.build(distiller.trainable_variables)  # else it has no state yet
    own = [*distiller.trainable_variables, *distiller.non_trainable_variables]
    apart = distiller.projection_optimizer
    if apart is not None:
        apart.build(distiller.projection_variables)
    return [*own, *distiller.optimizer.variables, *(apart.variables if apart else ())]


def _backup(folder: Path):
    """The state after each epoch, in one file that names the epoch.

    Keras's BackupAndRestore keeps the epoch in a second file: stopped between the two, it would
    train an epoch twice. And HDF5 takes the process down where the disk is full.
    """
    import keras

    room = folder / "backup"

    class Backup(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            room.mkdir(exist_ok=True)
            older, part = [*room.glob(f"epoch-*{_STATE}")], room / f"part{_STATE}"
            np.savez(part, *[each.numpy() for each in _variables(self.model)])
            os.replace(part, room / f"epoch-{epoch + 1:06}{_STATE}")
            for file in older:
                file.unlink()

    return Backup()


def _journal(folder: Path, epochs: int, voice: Voice):
    import keras

    file, part = folder / "history.jsonl", folder / "history.part"

    class Journal(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            numbers = {key: float(value) for key, value in (logs or {}).items()}
            kept = [each for each in history(folder) if each["epoch"] <= epoch]
            lines = [*kept, {"epoch": epoch + 1, **numbers}]
            part.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
            os.replace(part, file)
            shown = ("loss", "accuracy", "val_accuracy")
            said = ", ".join(f"{key} {numbers[key]:.4f}" for key in shown if key in numbers)
            voice.say(f"  epoch {epoch + 1} of {epochs}: {said}")

    return Journal()
