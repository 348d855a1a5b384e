"""`fit` that goes on from a backup, and keeps one: what it restores, when, and what it logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from ...distribution.workers import all_gather, steps_between_checks, worker
from ...errors import UserError
from ...progress import logger
from . import preemption, skipping, state_files
from ._backup import Backup
from .contents import TrainingState
from .state_files import BackupPosition, SavedState


@contextmanager
def resume_from(
    backup: Backup | None, distiller: Any, x: Any, options: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], list]]:
    """Restore the newest state of a backup, and keep new ones within the block.

    Args:
        backup: Where the states are; without one nothing is done.
        distiller: What is trained.
        x: The data given to `fit`.
        options: Those of `fit`.

    Yields:
        The options with the epoch to begin with, and the callbacks that keep the states.

    Raises:
        UserError: Data whose order is lost, no good state, workers that see different folders.
    """
    if backup is None:
        yield options, []
        return
    skipping.check_order(x, options)
    writer = BackupWriter(distiller, backup)
    begin = writer.restore()
    if begin.epoch and not backup.follows:
        steps = options.get("steps_per_epoch")
        writer.before = begin.epoch * steps if steps else 0
        if isinstance(x, tf.data.Dataset) and not steps:
            skipping.advance_shuffle(x, begin.epoch, distiller.keras)
    if begin.epoch:
        options = {**options, "initial_epoch": max(begin.epoch, options.get("initial_epoch", 0))}
    with preemption.defer_sigterm():
        yield options, [_backup_callback(distiller.keras, writer)]


class BackupWriter:
    """Keeps the states of one `fit`, and restores the newest one before it."""

    def __init__(self, distiller: Any, backup: Backup) -> None:
        self.distiller, self.backup, self.folder = distiller, backup, backup.path
        self.strategy = distiller.distribute_strategy
        self.worker, self.workers = worker(self.strategy)
        self.state = TrainingState(distiller)
        self.configuration = self.state.configuration()
        self.begin, self.sums = BackupPosition(), list[np.ndarray]()
        # Batches of whole epochs to pass over, in data that are one long pass.
        self.before = 0
        self.steps_taken = 0

    def restore(self) -> BackupPosition:
        """Load the newest good state, and log which."""
        saved, bad = state_files.load_latest(self.folder, self.configuration)
        self._check_same_on_all(saved.position if saved else BackupPosition())
        for sentence in bad:
            self._log(f"{sentence}: the one before it is used.")
        if saved is None:
            return self.begin
        self.state.restore(saved.weights)
        self.begin, self.sums = saved.position, saved.sums
        self._log(f"going on from {saved.position} in {self.folder}", logging.INFO)
        return self.begin

    def _check_same_on_all(self, position: BackupPosition) -> None:
        for number, what in ((position.epoch, "epoch"), (position.step, "step")):
            numbers = all_gather(number, self.strategy)
            if len(set(numbers)) > 1:
                raise UserError(
                    f"the workers find states of {what} {', '.join(map(str, numbers))} in "
                    f"{self.folder}: give a folder that all of them see."
                )

    def start_epoch(self, epoch: int) -> None:
        """Restore the running sums of an epoch that was begun, and pass over its steps."""
        self.epoch = epoch
        if epoch != self.begin.epoch or not (self.begin.step or self.before):
            return
        if self.begin.step:
            self.distiller.make_metrics()
            self._check_metrics()
            self.state.restore_sums(self.sums, first=self.worker == 0)
        self.distiller.train_function = skipping.SkippingTrainFunction(
            self.distiller, steps=self.begin.step, before=self.before
        )

    def _check_metrics(self) -> None:
        before, now = len(self.sums), self.state.count_sums()
        if before != now:
            raise UserError(
                f"the state of {self.begin} in {self.folder} has {before} running sums and the "
                f"metrics now have {now}: compile with the metrics that it was kept with."
            )

    def end_step(self, step: int) -> None:
        """Keep a state if one is due, and end if that was asked for."""
        position = BackupPosition(self.epoch, step)
        if position <= self.begin:
            return
        self.steps_taken += 1
        if self.steps_taken % steps_between_checks(self.strategy) == 0 and self._must_end():
            self._end(position)
        if self.backup.every and step % self.backup.every == 0:
            self.keep(position)

    def end_epoch(self, epoch: int) -> None:
        """Keep the state after an epoch, and end there if that was asked for meanwhile."""
        if self._must_end():
            self._end(BackupPosition(epoch + 1))
        self.keep(BackupPosition(epoch + 1))

    def _must_end(self) -> bool:
        return any(all_gather(int(preemption.sigterm_received()), self.strategy))

    def _end(self, position: BackupPosition) -> None:
        kept = "and" if self.keep(position) else "and not"
        raise preemption.Preempted(
            f"stopped by SIGTERM at {position}, {kept} kept in {self.folder}; the same command "
            "goes on from the last state there."
        )

    def keep(self, position: BackupPosition) -> bool:
        """Write the current state; return False, and keep the one before, if the disk refuses."""
        weights = [] if self.worker else self.state.values()
        sums = self.state.local_sums() if position.step else []
        saved = SavedState(position, weights, sums, self.configuration, self.workers)
        try:
            state_files.write_state(self.folder, saved, self.worker)
            return True
        except OSError as error:
            self._log(
                f"no state of {position} was written to {self.folder} "
                f"({error.strerror or error}): training goes on, and the one before it stays."
            )
            return False

    def _log(self, sentence: str, level: int = logging.WARNING) -> None:
        if self.worker == 0:
            logger.log(level, sentence)


def _backup_callback(keras: Any, writer: BackupWriter) -> Any:
    class BackupCallback(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
            writer.start_epoch(epoch)

        def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
            writer.end_step(batch + 1)

        def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
            writer.end_epoch(epoch)

    return BackupCallback()
