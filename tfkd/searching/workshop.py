"""Candidates measured and trained as runs: each in a folder of its own, on the same stored outputs.

What other trials need not make again, vocabularies and the texts as the teacher reads them, is
handed to their runs.
"""

from __future__ import annotations

import gc
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..progress import Advance, mute_log
from ..running.config import RunConfig
from ..running.context import RunContext
from ..running.fitting import choose_epochs
from ..running.given_teacher import GivenModels
from ..running.shrink_setting import shrinks
from ..running.validation_run import (
    Prepared,
    Validated,
    run_to_validation,
    store_for_training,
)
from . import locks
from .beginning import Search
from .budget import Measured
from .fits import measure_untrained
from .ground import Ground
from .halving import WHOLE_TRAINING, Rung, name_share

RUNS, SHARES = "runs", "shares"


@dataclass(frozen=True)
class StudentWorkshop:
    """What measures and trains candidates.

    Attributes:
        search: The search.
        ground: What candidates have in common before they are trained.
        given: The teacher, loaded once; None where each run loads its own.
        advance: Is called with 0 now and then: Ctrl-C gets through there.
    """

    search: Search
    ground: Ground
    given: GivenModels | None
    advance: Advance

    def measure(self, config: RunConfig) -> Measured:
        """Return what the file of a candidate takes, untrained."""
        self.advance(0)
        with mute_log():
            return measure_untrained(config, self.ground)

    def train(self, number: int, config: RunConfig, rung: Rung) -> Validated:
        """Train a candidate as far as a rung, and score it."""
        run = _on_rung(config, rung, self.search.texts)
        run = run.replaced(to=str(self._folder(number, rung)))
        given = None if shrinks(run) else self.given
        with mute_log():
            if config.data.augment != self.search.config.data.augment:
                self._ask_about_augmented(run, given, rung.share)
            found = run_to_validation(
                run,
                self.quiet,
                prepared=Prepared(given, self._hand_out),
                export=rung == WHOLE_TRAINING,
            )
        # Models of trials that are over refer to each other.
        gc.collect()
        return found

    def forget(self, number: int, rung: Rung) -> None:
        """Remove what the training for a rung has left; whole trainings stay."""
        if rung != WHOLE_TRAINING:
            shutil.rmtree(self._folder(number, rung), ignore_errors=True)

    def _folder(self, number: int, rung: Rung) -> Path:
        if rung == WHOLE_TRAINING:
            return self.search.folder / RUNS / f"trial-{number:03d}"
        return self.search.folder / SHARES / f"trial-{number:03d}-{rung.name}"

    @contextmanager
    def quiet(self, title: str, total: int, unit: str = "texts") -> Iterator[Advance]:
        """Show nothing of the steps within a trial, see `tfkd.progress.Progress`."""
        yield lambda count: self.advance(0)

    def _hand_out(self, context: RunContext) -> None:
        """Put into the folder of a run what is known of its texts already."""
        config = context.config
        if not shrinks(config) and context.task.own_encoder() is None:
            self.ground.open_encoder(config).save(context.folder)
        if config.data.augment != self.search.config.data.augment:
            return
        context.work.mkdir(exist_ok=True)
        for rows in (self.search.rows(config.data.share) / "work").glob("*-teacher"):
            # Where there are no links, the texts are written once more.
            with suppress(OSError):
                (context.work / rows.name).symlink_to(rows.resolve(), target_is_directory=True)

    def _ask_about_augmented(self, run: RunConfig, given: GivenModels | None, share: float) -> None:
        """Have the teacher answer augmented texts, which one process at a time may store."""
        folder = self.search.folder / SHARES / f"augmented-{run.data.augment}-{name_share(share)}"
        done = folder / "done"
        with locks.hold(self.search.folder, "teacher"):
            if not done.is_file():
                own: dict[str, Any] = {"data": run.data.source, "augment": run.data.augment}
                config = self.search.config.replaced(**own, share=share, to=str(folder))
                work = store_for_training(config, self.quiet, given)
                shutil.rmtree(work, ignore_errors=True)
                done.touch()


def _on_rung(config: RunConfig, rung: Rung, texts: int) -> RunConfig:
    """Return the settings of a training for a rung, whose epochs are those on all texts.

    Else small shares would get so many epochs that nothing was saved.
    """
    if rung == WHOLE_TRAINING:
        return config
    steps = -(-texts * (1 + config.data.augment) // config.training.batch_size)
    epochs = choose_epochs(steps, config.training.epochs)
    return config.replaced(
        share=rung.share,
        epochs=max(1, round(rung.epochs * epochs)),
        labelled=math.ceil(rung.share * config.data.labelled),
    )
