"""The best epoch of a training, by a measure on the validation set: kept, and when to stop.

What was the best so far is read from `history.jsonl`, so a training that goes on decides as one
that was never interrupted. The first of several workers decides for all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..models.saving import load_weights, save_weights
from ..progress import logger

HISTORY = "history.jsonl"


@dataclass(frozen=True)
class EarlyStopping:
    """After how many epochs without a better score to stop, and what the score is.

    Attributes:
        patience: So many epochs.
        measure: The name of the measure; its score is `val_NAME` in the history.
        higher_is_better: Whether the greatest score is the best one.
        score: Scores a student after an epoch, for measures that Keras does not report.
    """

    patience: int
    measure: str = "accuracy"
    higher_is_better: bool = True
    score: Callable[[Any], float] | None = None

    @property
    def key(self) -> str:
        """What the score is called in the history."""
        return f"val_{self.measure}"

    def is_better(self, score: float, other: float | None) -> bool:
        """Return whether a score is better than another one; a NaN is no score."""
        if math.isnan(score):
            return False
        return other is None or (score > other if self.higher_is_better else score < other)

    def find_best(self, history: Sequence[Mapping[str, Any]]) -> tuple[int, float | None]:
        """Return the number of the best epoch and its score; 0 and None where there is none.

        >>> EarlyStopping(2).find_best([{"epoch": 1, "val_accuracy": 0.5}])
        (1, 0.5)
        """
        epoch, best = 0, None
        for line in history:
            score = float(line.get(self.key, math.nan))
            if self.is_better(score, best):
                epoch, best = line["epoch"], score
        return epoch, best

    def is_over(self, history: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether the last epochs of a history have brought nothing better."""
        done = history[-1]["epoch"] if history else 0
        return done - self.find_best(history)[0] >= self.patience


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Return one dict of numbers per epoch; a line that was cut off is left out."""
    file = folder / HISTORY
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def weights_file(folder: Path, epoch: int) -> Path:
    """Return where the student's weights after an epoch are kept while it is the best one."""
    return folder / f"best-{epoch}.npz"


def forget_best(folder: Path, but: int = 0) -> None:
    """Remove the weights of all best epochs, or of all but one."""
    for file in folder.glob("best-*.npz"):
        if file != weights_file(folder, but):
            file.unlink(missing_ok=True)


def has_stopped(stopping: EarlyStopping, folder: Path, strategy: Any) -> bool:
    """Return whether a training in a folder had stopped before it was interrupted."""
    from ..distribution.workers import all_gather

    history = read_history(folder)
    best, _ = stopping.find_best(history)
    over = bool(history) and stopping.is_over(history) and weights_file(folder, best).is_file()
    return bool(all_gather(int(over), strategy)[0])


def best_epoch_callback(stopping: EarlyStopping, folder: Path, strategy: Any) -> Any:
    """Make the callback that keeps the best weights, and ends a training that gets no better.

    It goes before the callback that writes the history, and hands its score on to that.
    """
    import keras

    from ..distribution.workers import all_gather, worker

    first = worker(strategy)[0] == 0

    class BestEpoch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            over = first and self._keep(epoch, {} if logs is None else logs)
            if all_gather(int(over), strategy)[0]:
                self.model.stop_training = True

        def _keep(self, epoch: int, logs: dict[str, Any]) -> bool:
            student = self.model.student
            if stopping.score is not None:
                logs[stopping.key] = stopping.score(student)
            # Epochs that a resumed training repeats do not count yet.
            history = [line for line in read_history(folder) if line["epoch"] <= epoch]
            best, score = stopping.find_best(history)
            now = float(logs.get(stopping.key, math.nan))
            if stopping.is_better(now, score):
                # Until the history has this epoch, the best one is the one before.
                forget_best(folder, but=best)
                save_weights(student, weights_file(folder, epoch + 1))
            return stopping.is_over([*history, {"epoch": epoch + 1, stopping.key: now}])

    return BestEpoch()


def restore_best(stopping: EarlyStopping, student: Any, folder: Path, strategy: Any) -> None:
    """Give a student the weights of its best epoch, and say which one it was."""
    from ..distribution.workers import all_gather

    history = read_history(folder)
    # A disk that other workers see later must not make them choose another one.
    epoch = all_gather(stopping.find_best(history)[0], strategy)[0]
    if not load_weights(student, weights_file(folder, epoch)):
        return
    _, score = stopping.find_best(history)
    logger.info(
        f"  kept epoch {epoch}, the best of {history[-1]['epoch']} by {stopping.key}"
        + ("" if score is None else f" ({score:.4f})")
    )
