"""`fit` that goes on from a backup, and keeps one: what it restores, when, and what it says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from ...distribution.workers import between, told, worker
from ...errors import UserError
from ...progress import logger
from . import contents, files, preemption, skipping
from ._backup import Backup
from .files import Place, State


@contextmanager
def resumed(distiller, backup: Backup | None, x, options: dict) -> Iterator[tuple[dict, list]]:
    """The options of `fit` with the epoch to begin with, and the callback that keeps the states.

    Raises:
        UserError: data whose order is lost, no good state, workers that see different folders.
    """
    if backup is None:
        yield options, []
        return
    skipping.check(x, options)
    keeper = Keeper(distiller, backup)
    begin = keeper.restore()
    if begin.epoch and not backup.follows:
        steps = options.get("steps_per_epoch")
        keeper.before = begin.epoch * steps if steps else 0
        if isinstance(x, tf.data.Dataset) and not steps:
            skipping.passes(x, begin.epoch, distiller.keras)
    if begin.epoch:
        options = {**options, "initial_epoch": max(begin.epoch, options.get("initial_epoch", 0))}
    with preemption.noted():
        yield options, [_callback(distiller.keras, keeper)]


class Keeper:
    """The states of one `fit`."""

    def __init__(self, distiller, backup: Backup):
        self.distiller, self.backup, self.folder = distiller, backup, backup.path
        self.strategy = distiller.distribute_strategy
        self.worker, self.workers = worker(self.strategy)
        self.mark = contents.mark(distiller)
        self.begin, self.before, self.sums = Place(), 0, list[np.ndarray]()
        self.taken = 0  # steps

    def restore(self) -> Place:
        """Load the newest good state, and say so."""
        state, bad = files.latest(self.folder, self.mark)
        self._same_on_all(state.place if state else Place())
        for each in bad:
            self._log(f"{each}: the one before it is used.")
        if state is None:
            return self.begin
        for variable, value in zip(contents.variables(self.distiller), state.weights, strict=True):
            variable.assign(value)
        self.begin, self.sums = state.place, state.sums
        self._log(f"going on from {state.place} in {self.folder}", logging.INFO)
        return self.begin

    def _same_on_all(self, place: Place) -> None:
        for number, what in ((place.epoch, "epoch"), (place.step, "step")):
            found = told(number, self.strategy)
            if len(set(found)) > 1:
                raise UserError(
                    f"the workers find states of {what} {', '.join(map(str, found))} in "
                    f"{self.folder}: give a folder that all of them see."
                )

    def start_epoch(self, epoch: int) -> None:
        """Put back the running numbers of an epoch that was begun, and pass over its steps."""
        self.epoch = epoch
        if epoch != self.begin.epoch or not (self.begin.step or self.before):
            return
        if self.begin.step:
            self.distiller.make_metrics()
            self._same_metrics()
            contents.set_sums(self.distiller, self.sums, first=self.worker == 0)
        self.distiller.train_function = skipping.Skipping(
            self.distiller, self.begin.step, self.before, self.distiller.train_function
        )

    def _same_metrics(self) -> None:
        found, now = len(self.sums), len(contents.sums_in(self.distiller))
        if found != now:
            raise UserError(
                f"the state of {self.begin} in {self.folder} has {found} running sums and the "
                f"metrics now have {now}: compile with the metrics that it was kept with."
            )

    def end_step(self, step: int) -> None:
        """Keep a state where one is due, and end where that is asked for."""
        place = Place(self.epoch, step)
        if place <= self.begin:
            return
        self.taken += 1
        if self.taken % between(self.strategy) == 0 and self._must_end():
            self._end(place)
        if self.backup.every and step % self.backup.every == 0:
            self.keep(place)

    def end_epoch(self, epoch: int) -> None:
        """Keep the state behind an epoch, and end there where that was asked for meanwhile."""
        if self._must_end():
            self._end(Place(epoch + 1))
        self.keep(Place(epoch + 1))

    def _must_end(self) -> bool:
        return any(told(int(preemption.asked()), self.strategy))

    def _end(self, place: Place) -> None:
        kept = "and" if self.keep(place) else "and not"
        raise preemption.Preempted(
            f"stopped by SIGTERM at {place}, {kept} kept in {self.folder}; the same command goes "
            "on from the last state there."
        )

    def keep(self, place: Place) -> bool:
        """Write a state, and whether it is there; where not the last one stays."""
        distiller = self.distiller
        weights = [] if self.worker else contents.arrays(contents.variables(distiller))
        sums = contents.local_sums(distiller) if place.step else []
        state = State(place, weights, sums, self.mark, self.workers)
        try:
            files.write(self.folder, state, self.worker)
            return True
        except OSError as error:
            self._log(
                f"no state of {place} was written to {self.folder} ({error.strerror or error}): "
                "training goes on, and the one before it stays."
            )
            return False

    def _log(self, sentence: str, level: int = logging.WARNING) -> None:
        if self.worker == 0:
            logger.log(level, sentence)


def _callback(keras, keeper: Keeper):
    class Keep(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            keeper.start_epoch(epoch)

        def on_train_batch_end(self, batch, logs=None):
            keeper.end_step(batch + 1)

        def on_epoch_end(self, epoch, logs=None):
            keeper.end_epoch(epoch)

    return Keep()
