"""Carry out several runs that belong together: `[part.NAME]` of a recipe or a TOML file."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..files import replace_when_whole
from ..progress import Progress, log_progress, logger, print_log
from . import _run, recipes
from . import folder as run_folder
from ._run import Result
from .config import flatten_tables, make_config
from .context import make_context
from .desk_making import check_desk, check_parts_of_desk, write_desk
from .lock import hold_folder
from .part_settings import (
    CLAIM,
    DESK,
    PART,
    RunParts,
    has_parts,
    is_parts_folder,
    read_claim,
    read_parts,
)

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class PartsResult:
    """Finished runs that belong together.

    Attributes:
        folder: The folder of all.
        results: Each run's, by the name of its part.
        worker: The number of the worker that returns this.
    """

    folder: Path
    results: dict[str, Result]
    worker: int = 0


def distill_parts(
    recipe: str,
    *,
    data: str | Path,
    teacher: str = "",
    verbose: int | str = "auto",
    progress: Progress = log_progress,
    **settings: Any,
) -> PartsResult:
    """Carry out a recipe of several parts, each a run in a folder of its own.

    Args:
        recipe: The name of a recipe with parts, such as `"service-desk"`.
        data: A data set: its name, or a file or a folder of texts.
        teacher: One for all parts, or `"PART=KIND:PATH + PART=KIND:PATH"`.
        verbose: As Keras's: 0 prints nothing. What is printed is logged under the name "tfkd" too.
        progress: Shows how far long steps are in another way, see `tfkd.progress.Progress`.
        **settings: Those of `RunConfig`, by the names of their flags; they hold for every part.

    Raises:
        UserError: A recipe of one run; whatever is wrong with data, teacher or settings.

    ```python
    desk = tfkd.distill_parts("service-desk", data="chats.jsonl", teacher="hf:encoder", to="desk")
    desk.results["intents"].report.show()
    ```
    """
    tables = recipes.tables(recipe)
    if not has_parts(tables):
        raise UserError(
            f"the recipe {recipe} is one run: call tfkd.distill with its settings, or `tfkd "
            f"distill --recipe {recipe}`."
        )
    given = {"data": str(data), "teacher": teacher, **settings}
    with print_log(verbose):
        return run_parts(read_parts(tables, given, recipe), progress)


def run_parts(
    parts: RunParts,
    progress: Progress = log_progress,
    strategy: tf.distribute.Strategy | None = None,
) -> PartsResult:
    """Carry out several runs, or what is left of them, and make a desk of them where they say so.

    All data and settings are looked at before the first run begins.

    Args:
        parts: The runs.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        strategy: How training is distributed; as the settings say by default.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings.
    """
    from ..distribution import strategies

    configs = list(parts.runs.values())
    strategy = strategy or strategies.strategy(configs[0].training.strategy)
    check_desk(parts)
    contexts = {
        name: make_context(config, progress, strategy) for name, config in parts.runs.items()
    }
    check_parts_of_desk(parts, contexts)
    first = next(iter(contexts.values())).first
    with ExitStack() as held:
        if first:
            held.enter_context(hold_folder(_claim(parts)))
        results = {}
        for number, (name, config) in enumerate(parts.runs.items(), 1):
            logger.info(f"part      {name}, {number} of {len(parts.runs)}")
            results[name] = _run.run(config, progress, strategy)
        if first and parts.desk:
            write_desk(parts, contexts)
        if first:
            run_folder.mark_latest(parts.folder)
    return PartsResult(parts.folder, results, next(iter(contexts.values())).worker)


def _claim(parts: RunParts) -> Path:
    """Make the folder of all runs, or open it where these very runs began in it.

    Raises:
        UserError: It cannot be written, or holds other files, one run, or others.
    """
    import tomli_w

    folder = parts.folder
    if not is_parts_folder(folder):
        if run_folder.has_begun(folder):
            raise UserError(f"{folder} holds a run and no parts: give another folder with --to.")
        run_folder.make_folder(folder)
        with replace_when_whole(folder / CLAIM) as part:
            part.write_text(tomli_w.dumps(_spell(parts)), encoding="utf-8")
    theirs = read_claim(folder)
    if list(theirs[PART]) != list(parts.runs) or theirs.get(DESK, {}) != parts.desk:
        raise UserError(f"{folder} holds other parts: give another folder with --to.")
    for name, config in parts.runs.items():
        # A setting that an older tfkd did not have is at its default.
        stored = make_config(flatten_tables(theirs[PART][name], str(folder / CLAIM)))
        run_folder.refuse_another_run(config, stored, folder / name)
    return folder


def _spell(parts: RunParts) -> dict[str, Any]:
    """Return the runs as tables; where they go may change when the folder is moved."""
    plain = {
        name: dataclasses.asdict(config.replaced(to="", strategy="auto"))
        for name, config in parts.runs.items()
    }
    return {PART: plain, DESK: parts.desk}
