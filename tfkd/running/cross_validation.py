"""A run for each fold of the training texts, and a table of all of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..progress import Progress, log_progress, logger, print_log
from ..reporting.fold_scores import CrossValidation
from . import _run
from . import folder as run_folder
from .config import RunConfig, make_config
from .context import RunContext, make_context
from .lock import hold_folder

if TYPE_CHECKING:
    import tensorflow as tf


def cross_validate(
    *,
    data: str | Path,
    folds: int = 5,
    verbose: int | str = "auto",
    progress: Progress = log_progress,
    **settings: Any,
) -> CrossValidation:
    """Distil as `tfkd.distill` does, once for each fold of the training texts.

    Each fold is the test split of one run, which trains on the others.

    Args:
        data: A data set: its name, or a file or a folder of texts. Its test split is not used.
        folds: How many.
        verbose: As Keras's: 0 prints nothing. What is printed is logged under the name "tfkd" too.
        progress: Shows how far long steps are in another way, see `tfkd.progress.Progress`.
        **settings: Those of `tfkd.distill`.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings.

    ```python
    found = tfkd.cross_validate(data="reviews.csv", folds=5, student="text_cnn")
    found.show()
    ```
    """
    config = make_config({"data": str(data), "cross_validate": folds, **settings})
    if not folds:
        raise UserError("folds is 0: write a number of folds, e.g. 5.")
    with print_log(verbose):
        return run_folds(config, progress)


def run_folds(
    config: RunConfig,
    progress: Progress = log_progress,
    strategy: tf.distribute.Strategy | None = None,
) -> CrossValidation:
    """Carry out a run for each fold, or what is left of them, and save the scores of all.

    Each run has a folder of its own inside of this one's; they share the stored outputs of a given
    teacher.

    Args:
        config: The settings, with the number of folds.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        strategy: How training is distributed; as the settings say by default.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings.
    """
    from ..distribution import strategies

    strategy = strategy or strategies.strategy(config.training.strategy)
    count = config.data.cross_validate
    first = make_context(plan_fold(config, 1), progress, strategy)
    config = config.replaced(student=first.config.student.source)
    name = f"{first.data.name}-{config.student.source.partition(':')[0]}-{config.digest}"
    config = config.replaced(to=str(run_folder.locate_folder(config, name)))
    with ExitStack() as held:
        if first.first:
            _claim(config, name, held)
        results = []
        for number in range(1, count + 1):
            logger.info(f"fold {number} of {count}")
            results.append(_run.run(plan_fold(config, number), progress, strategy))
        title = f"{first.data.name}: {count} folds of {_count_labelled(first):,} training texts"
        reports = tuple(result.report for result in results)
        found = CrossValidation(run_folder.locate_folder(config, name), title, reports)
        if first.first:
            found.save()
            run_folder.mark_latest(found.folder)
    return replace(found, worker=first.worker)


def plan_fold(config: RunConfig, number: int) -> RunConfig:
    """Return the settings of the run of one fold, in a folder inside of the others'."""
    to = f"{config.to}/fold-{number}" if config.to else ""
    fold = f"{number}/{config.data.cross_validate}"
    return config.replaced(cross_validate=0, fold=fold, to=to)


def _claim(config: RunConfig, name: str, held: ExitStack) -> None:
    folder = run_folder.locate_folder(config, name)
    held.enter_context(hold_folder(run_folder.make_folder(folder)))
    run_folder.claim_run_folder(config, name)


def _count_labelled(context: RunContext) -> int:
    counts = context.data.counts
    return sum(counts.get(split, 0) for split in ("train", "test"))
