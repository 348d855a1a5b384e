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
from .beginning import Search, name_share
from .budget import Measured
from .fits import measure_untrained
from .ground import Ground

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

    def train(self, number: int, config: RunConfig, share: float) -> Validated:
        """Train a candidate on a share of the texts, and score it."""
        run = _on_share(config, share, self.search.texts)
        run = run.replaced(to=str(self._folder(number, share)))
        given = None if shrinks(run) else self.given
        with mute_log():
            if config.data.augment != self.search.config.data.augment:
                self._ask_about_augmented(run, given, share)
            found = run_to_validation(
                run,
                self.quiet,
                prepared=Prepared(given, self._hand_out),
                export=share == 1,
            )
        # Models of trials that are over refer to each other.
        gc.collect()
        return found

    def forget(self, number: int, share: float) -> None:
        """Remove what a training on a share of the texts has left; runs on all texts stay."""
        if share < 1:
            shutil.rmtree(self._folder(number, share), ignore_errors=True)

    def _folder(self, number: int, share: float) -> Path:
        if share == 1:
            return self.search.folder / RUNS / f"trial-{number:03d}"
        return self.search.folder / SHARES / f"trial-{number:03d}-{name_share(share)}"

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


def _on_share(config: RunConfig, share: float, texts: int) -> RunConfig:
    """Return the settings of a training on a share of the texts, of as many epochs as on all.

    Else small shares would get so many epochs that nothing was saved.
    """
    if share == 1:
        return config
    steps = -(-texts * (1 + config.data.augment) // config.training.batch_size)
    return config.replaced(
        share=share,
        epochs=choose_epochs(steps, config.training.epochs),
        labelled=math.ceil(share * config.data.labelled),
    )
