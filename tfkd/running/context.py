"""The context of a run: its settings, data and folder, and which of its workers this process is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import tasks
from ..data import Data
from ..errors import UserError
from ..progress import Progress, log_progress
from . import chain
from . import config as configs
from . import folder as run_folder
from .checks import check_settings, match_token_counts
from .config import RunConfig
from .earlier_run import adopt_earlier
from .run_data import check_lessons, open_run_data
from .task_choice import choose_task, with_task

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class RunContext:
    """What all phases of a run have in common, and none of them changes.

    Attributes:
        config: The settings; in a chain, the teacher that they name is the last assistant.
        task: What the run's examples are, and how answers are scored.
        task_reason: Why this task was chosen; empty where the settings name it.
        data: The data set that they name.
        folder: Where the run keeps what it makes.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        strategy: How training is distributed.
        worker: The number of this process among the workers, from 0.
        workers: The number of workers.
        assistants: The settings of the runs of a chain that go before this one.
    """

    config: RunConfig
    task: tasks.Task
    data: Data
    folder: Path
    progress: Progress
    strategy: tf.distribute.Strategy
    task_reason: str = ""
    worker: int = 0
    workers: int = 1
    assistants: tuple[RunConfig, ...] = ()

    @property
    def first(self) -> bool:
        """Whether this process writes what all workers have in common."""
        return self.worker == 0

    @property
    def work(self) -> Path:
        """The folder of what can be made again from the texts."""
        return self.folder / "work"

    def remove_work(self) -> None:
        """Remove what can be made again from the texts."""
        shutil.rmtree(self.work, ignore_errors=True)

    def require_files(self, *names: str) -> None:
        """Refuse to go on without these files of the run.

        Raises:
            UserError: One of them is missing.
        """
        for name in names:
            if not (self.folder / name).is_file():
                raise UserError(
                    f"the run in {self.folder} has no {name} yet: finish it with the command that "
                    "began it."
                )

    def wait_for_workers(self) -> None:
        """Wait until all workers have come here; with one worker, return at once."""
        from ..distribution.workers import all_gather

        all_gather(0, self.strategy)


def make_context(
    config: RunConfig, progress: Progress, strategy: tf.distribute.Strategy | None = None
) -> RunContext:
    """Check the settings and open the data of a run; nothing is written.

    Raises:
        UserError: Settings or data that no run can use.
    """
    import tensorflow as tf

    from ..distribution.workers import worker

    strategy = strategy or tf.distribute.get_strategy()
    config = adopt_earlier(config)
    task, why = choose_task(config)
    config = with_task(config, task)
    check_settings(config, task)
    config = match_token_counts(config, task)
    data = open_run_data(config, task)
    if config.teacher.source.partition(":")[0] == "train":
        check_lessons(task, data, config.teacher.source)
    folder = run_folder.locate_folder(config, _default_name(config, data))
    number, count = worker(strategy)
    return RunContext(
        config=config,
        task=task,
        task_reason=why,
        data=data,
        folder=folder,
        progress=progress,
        strategy=strategy,
        worker=number,
        workers=count,
    )


def claim_folder(context: RunContext, first_store: str = "") -> RunContext:
    """Make the run's folder, or go on in it; return the context with the runs before this one.

    Args:
        context: The context of a run, whose settings name the first teacher of a chain.
        first_store: Where the first assistant of a chain finds its teacher's outputs.

    Raises:
        UserError: The folder holds another run, or the data changed since this one began.
    """
    config, data = context.config, context.data
    run_folder.claim_run_folder(config, _default_name(config, data))
    run_folder.remember(context.folder / "data.json", data.describe(), "the data")
    assistants = tuple(chain.plan_assistants(config, context.folder, first_store))
    return replace(
        context, config=chain.configure_last(config, context.folder), assistants=assistants
    )


def _default_name(config: RunConfig, data: Data) -> str:
    return f"{data.name}-{config.student.source.partition(':')[0]}-{config.digest}"


def open_run(folder: Path, progress: Progress = log_progress) -> RunContext:
    """Open the folder of a run that has begun, to look at it or to go on with it.

    Raises:
        UserError: No run there.
    """
    if not (folder / run_folder.CONFIG).is_file():
        raise UserError(f"{folder} is no run's folder: it has no {run_folder.CONFIG}.")
    config = configs.read_config(folder / run_folder.CONFIG)
    return claim_folder(make_context(config.replaced(to=str(folder)), progress))
