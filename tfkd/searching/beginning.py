"""Open a search: refuse what cannot be, claim its folder, and pay for the teacher once."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import teachers
from ..errors import UserError
from ..progress import Progress, logger, mute_log, unmuted
from ..running import folder as run_folder
from ..running.config import RunConfig
from ..running.context import RunContext, make_context
from ..running.encoders import check_tokenizer
from ..running.fitting import choose_epochs
from ..running.given_teacher import GivenModels, check_given, load_given
from ..running.lookup_setting import looks_up
from ..running.teacher_run import as_lessons, teach
from ..running.texts import check_augmentation
from ..running.validation_run import store_for_training
from ..tasks import Measure
from . import locks
from .halving import Rung, choose_rungs, name_share
from .journal import check_optuna
from .options import SearchOptions, find_measure
from .space import Space

CLAIM = "study.json"
TARGETS, TEACHER, ROWS = "targets", "teacher", "rows"
FEWEST = 20
"""Validation examples with a label, below which scores are noise."""
_NO_IDENTITY = ("to", "strategy", "tensorboard", "store")


@dataclass(frozen=True)
class Search:
    """What all parts of a search have in common.

    Attributes:
        folder: Where everything of it is.
        config: The settings of the default, which all candidates share but for what is searched.
        options: What is asked for.
        fixed: The settings that the user gave, which are not searched.
        context: The default as a run, for its task and its data.
        metric: The key of the measure that candidates are compared by.
        rungs: What a candidate is trained with, one after the other.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
    """

    folder: Path
    config: RunConfig
    options: SearchOptions
    fixed: frozenset[str]
    context: RunContext
    metric: str
    rungs: tuple[Rung, ...]
    progress: Progress

    @property
    def measure(self) -> Measure:
        """What candidates are compared by."""
        return self.context.task.measures[self.metric]

    @property
    def texts(self) -> int:
        """How many texts a student learns from, without augmented ones."""
        counts = self.context.data.counts
        return counts["train"] + counts.get("unlabelled", 0)

    def rows(self, share: float) -> Path:
        """Return the folder of a share of the texts, as the teacher reads them."""
        return self.folder / ROWS / name_share(share)


def open_search(
    config: RunConfig, options: SearchOptions, fixed: Collection[str], progress: Progress
) -> Search:
    """Check what a search is asked for, and claim its folder.

    Args:
        config: The settings of the default.
        options: What is asked for.
        fixed: The settings that the user gave, which are not searched.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.

    Raises:
        UserError: Settings, data or options that no search can have; another search's folder.
    """
    check_optuna()
    _check_settings(config)
    if config.data.split_seed < 0:
        # So that the runs with other seeds are tested on the same texts.
        config = config.replaced(split_seed=config.training.seed)
    context = make_context(config.replaced(alone=False), progress)
    # What else it may search is refused before a folder is claimed.
    Space.of(context.config, options.also, fixed)
    check_tokenizer(config)
    check_augmentation(config)
    metric = find_measure(options.metric, context.task.measures)
    _check_labels(context)
    folder = _locate(context)
    rungs = _choose_rungs(context)
    facts = {
        **options.describe(),
        "rungs": [rung.spell() for rung in rungs],
        "metric": metric,
        "fixed": sorted(set(fixed) - {*_NO_IDENTITY, "data", "teacher"}),
        "settings": {n: v for n, v in context.config.flat().items() if n not in _NO_IDENTITY},
        "data": context.data.describe(),
        "teacher": _digest_teacher(config),
    }
    claim(folder, json.loads(json.dumps(facts)))
    store = config.teacher.store or str(folder / TARGETS)
    config = context.config.replaced(to="", store=store)
    return Search(
        folder=folder,
        config=config,
        options=options,
        fixed=frozenset(fixed),
        context=replace(context, config=config, folder=folder),
        metric=metric,
        rungs=rungs,
        progress=progress,
    )


def pay_teacher(search: Search) -> tuple[Search, GivenModels | None]:
    """Train the teacher where none is given, and store its outputs for all trials.

    Args:
        search: The search.

    Returns:
        The search, whose settings name the teacher that is there now; and that teacher, None where
        each run has one of its own.

    Raises:
        UserError: A teacher that cannot be used.
    """
    with locks.hold(search.folder, "teacher", "asks the teacher, once for all trials"):
        if search.config.teacher.source.partition(":")[0] == "train":
            search = _with_config(search, _teach(search))
        context = replace(search.context, config=search.config)
        given = None
        if not looks_up(context.task):
            given = GivenModels(load_given(context).teacher)
            check_given(context, given)
        for share in dict.fromkeys(rung.share for rung in search.rungs):
            _store(search, given, share)
    return search, given


def claim(folder: Path, facts: dict[str, Any]) -> None:
    """Make the folder of a search, or open it where this very search began in it.

    Args:
        folder: It.
        facts: What must not change while the search goes on.

    Raises:
        UserError: It cannot be written, or holds another search, a run, or other files.
    """
    file = folder / CLAIM
    if not file.is_file():
        run_folder.make_folder(folder)
        if run_folder.has_begun(folder):
            raise UserError(
                f"{folder} holds a run and no search: give a new or empty folder with --to."
            )
        try:
            run_folder.write_json(file, facts)
            run_folder.write_json(
                folder / run_folder.ENVIRONMENT, run_folder.describe_environment()
            )
        except OSError as error:
            raise UserError(
                f"cannot write to {folder} ({error.strerror}): choose another folder with --to."
            ) from error
    known = run_folder.read_json(file)
    ours, theirs = ({**each, **each["settings"]} for each in (facts, known))
    for name, value in ours.items():
        if name != "settings" and theirs.get(name) != value:
            raise UserError(
                f"{folder} holds another search, with {name} = {theirs.get(name)!r} and not "
                f"{value!r}: give another folder with --to; nothing was changed."
            )
    for name in ("data", "teacher"):
        if known[name] != facts[name]:
            raise UserError(
                f"the {name} changed since the search in {folder} began: start another one with "
                "--to; nothing was changed."
            )


def _check_settings(config: RunConfig) -> None:
    """Refuse settings of a run that a search has no use for."""
    settings = config.flat()
    for name, why in (
        ("cross_validate", "each trial would be several runs"),
        ("assistant", "each trial would be several runs"),
        ("from_run", "each trial has another student"),
    ):
        if settings[name]:
            raise UserError(f"{name} is {settings[name]!r}, and in a search {why}: leave it out.")
    if config.data.share < 1:
        raise UserError(
            f"share is {config.data.share}, and a search chooses shares itself: leave it out."
        )
    if not config.teacher.cache:
        raise UserError(
            "the teacher would run in every step of every trial: leave --no-cache out, so that it "
            "is asked once."
        )
    if config.training.strategy not in ("auto", "one"):
        raise UserError(
            f"strategy is {config.training.strategy}, and a trial is trained on one device: leave "
            "it out, and give the same command in several processes."
        )
    if teachers.is_prompted(config.teacher.source):
        raise UserError(
            f"the teacher {config.teacher.source} is asked by prompts: label the texts first, with "
            "`tfkd label`, and give what it writes, --teacher store:FOLDER."
        )


def _check_labels(context: RunContext) -> None:
    known = filter(context.task.is_labelled, context.data.read("validation"))
    count = len(list(itertools.islice(known, FEWEST)))
    if count < FEWEST:
        raise UserError(
            f"{context.data.name} has {count} validation {context.task.things} with a label, too "
            f"few to choose a student by: give at least {FEWEST} with --validation."
        )
    if not any(map(context.task.is_labelled, context.data.read("test"))):
        raise UserError(
            f"{context.data.name} has no test {context.task.things} with a label, by which the "
            "winner is compared with the default at the end: give some with --test."
        )


def _choose_rungs(context: RunContext) -> tuple[Rung, ...]:
    counts, config = context.data.counts, context.config
    texts = counts["train"] + counts.get("unlabelled", 0)
    steps = -(-texts * (1 + config.data.augment) // config.training.batch_size)
    return choose_rungs(texts, choose_epochs(steps, config.training.epochs))


def _locate(context: RunContext) -> Path:
    config = context.config
    return run_folder.locate_folder(config, f"search-{context.data.name}-{config.digest}")


def _digest_teacher(config: RunConfig) -> str:
    source = config.teacher.source
    if source.partition(":")[0] == "train" and not source.startswith("train:hf:"):
        return source
    return teachers.digest_spec(source.removeprefix("train:"))


def _with_config(search: Search, config: RunConfig) -> Search:
    return replace(search, config=config, context=replace(search.context, config=config))


def _teach(search: Search) -> RunConfig:
    """Train the teacher of a search; return the settings with it."""
    folder = search.folder / TEACHER
    logger.info(f"teacher   {search.config.teacher.source} is trained once, in {folder}")
    with mute_log():
        teach(as_lessons(search.config, folder), unmuted(search.progress))
    unused = {"teacher_epochs": 0, "teacher_learning_rate": 0.0, "teacher_tune": ""}
    return search.config.replaced(teacher=f"keras:{folder}", **unused)


def _store(search: Search, given: GivenModels | None, share: float) -> None:
    """Store the teacher's outputs for a share of the texts, and keep these as it reads them."""
    folder = search.rows(share)
    done = folder / "done"
    if done.is_file():
        return
    config = search.config.replaced(to=str(folder), share=share, alone=False)
    with mute_log():
        work = store_for_training(config, unmuted(search.progress), given)
    for part in work.glob("*-student"):
        shutil.rmtree(part)
    done.touch()
