"""Have a language model say of each text how likely each class is, once: data and a store of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import tasks, teachers
from ..data import Data, open_data
from ..errors import UserError
from ..files import replace_when_whole
from ..progress import Progress, log_progress, logger
from ..tasks import Task
from ..teachers import ClassGuide, PromptedTeacher
from . import folder as run_folder
from .answered_files import Answering, open_answering
from .config import RunConfig, read_config
from .labelled_files import NAMES, STORE, SUMMARY, Labelling
from .made_notes import pass_on_notes
from .run_data import OF_DATA, without_need_of_labels
from .targets import FOLDER
from .task_choice import choose_task, with_task

_MARK = "asked.json"
_ASKED = (
    "data",
    "teacher",
    "classes",
    "orders",
    "votes",
    "ask_test",
    "seed",
    "split_seed",
    "columns",
    "task_settings",
)
_FILES = ("data", "validation", "test", "unlabelled", "labels", "classes")
ANSWERS = "answers"
"""The folder of all answers of language models, beside the runs that asked for them."""


def open_labelling(
    config: RunConfig,
    folder: Path,
    progress: Progress = log_progress,
    answers: Path | None = None,
) -> Labelling | Answering:
    """Check everything that is needed to ask; nothing is sent.

    Args:
        config: The settings: data, teacher and prompts.
        folder: Where the data go.
        progress: Shows how far it is.
        answers: The folder of the answers of all models, whichever data they are for; by default
            they are kept in the folder.

    Raises:
        UserError: A teacher that is none, no file of classes, classes that the data do not have, a
            task that a language model cannot be asked for.
    """
    source, classes = config.teacher.source, config.prompts.classes
    if not teachers.is_prompted(source):
        raise UserError(
            f"the teacher is {source!r}, and only a language model is asked so: write --teacher "
            "openai:MODEL@http://HOST:PORT/v1."
        )
    task, _ = choose_task(config)
    config = with_task(config, task)
    by_letters = task.is_one_class_of_one_text()
    if not by_letters and task.prompted is not None:
        data = _open_data(config, task)
        options: dict[str, Any] = {"folder": folder, "progress": progress, "answers": answers}
        return open_answering(config, task, data=data, **options)
    if not by_letters:
        raise UserError(
            f"the teacher {source} says which one class a text has, and the task is {task.name}: "
            f"write --task {tasks.DEFAULT}, or give another teacher."
        )
    if not classes:
        raise UserError(
            f"the teacher {source} needs a file that says what the classes mean: give --classes "
            'classes.toml, with a table [classes] of NAME = "DESCRIPTION".'
        )
    guide = teachers.read_guide(Path(classes).expanduser())
    data, guide = _name_classes(_open_data(config, task), guide)
    if answers is not None:
        # Of each model, and of each way to ask it, by itself: it has a limit of its own.
        mark = teachers.mark_of(teachers.address_in(source), guide, config.prompts.votes)
        answers = answers / mark
    teacher = PromptedTeacher(source, guide, config.prompts.settings(answers or folder))
    return Labelling(config, task, data, teacher, folder, progress)


def label(
    config: RunConfig, progress: Progress = log_progress, answers: Path | None = None
) -> Path:
    """Ask for all texts, and write a data set with a store of the answers beside it.

    The folder has `train.jsonl`, and `unlabelled.jsonl`, `validation.jsonl` and `test.jsonl` where
    the data have them; texts without an answer are left out, and counted. Where no text has a label
    of its own, each gets the likeliest class. The last two are not sent unless `ask_test` says so.
    Of tasks whose answers are written as JSON, these are the labels of the texts that have none.
    Interrupted, the same call goes on, and asks no text again that was answered.

    Args:
        config: The settings: data, teacher, prompts and `to`.
        progress: Shows how far it is.
        answers: The folder of the answers of all models; by default they are kept in the folder.

    Returns:
        The folder, for `tfkd distill FOLDER --teacher store:FOLDER/store`, or without a teacher
        where it has no store.

    Raises:
        UserError: Wrong settings, a limit that is reached, an audit that is not passed.
    """
    if not config.to:
        raise UserError("give the folder to write to with --to FOLDER.")
    work = open_labelling(config, Path(config.to).expanduser(), progress, answers)
    _claim(work)
    _say_plan(work)
    # Each kind of work writes what its own audit found.
    found: Any = work.audit()
    texts = work.asked()
    with progress("asking the language model", len(texts)) as advance:
        answered = zip(texts, work.teacher.ask(texts, advance), strict=True)
    known = {text: answer for text, answer in answered if answer is not None}
    if texts and not known:
        reason = next(iter(work.teacher.missing.values()))
        raise UserError(f"none of {len(texts):,} texts has an answer: {reason}.")
    work.write(known, found)
    return work.folder


def estimate(config: RunConfig, progress: Progress = log_progress) -> str:
    """Say what `label` takes at most, and send nothing.

    Args:
        config: The settings.
        progress: Shows how far it is.
    """
    folder = Path(config.to).expanduser() if config.to else locate(config)
    work = open_labelling(config, folder, progress)
    costs = work.teacher.estimate(work.asked())
    priced = config.prompts.price_in or config.prompts.price_out
    cost = f", {costs.cost:,.4f} at these prices" if priced else "; give --price-in and --price-out"
    return (
        f"{costs.texts:,} texts to ask for, at most {costs.calls:,} calls and {costs.tokens:,} "
        f"tokens to read (a token for each byte; mostly a quarter of it){cost}"
    )


def advise(folder: Path) -> str:
    """Return the command that trains on what `label` wrote.

    Args:
        folder: What it returned.
    """
    if (folder / STORE).exists():
        return f"tfkd distill {folder} --teacher store:{folder / STORE}"
    facts = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    return f"tfkd distill {folder} --task {facts['task']}"


def label_first(config: RunConfig, progress: Progress) -> RunConfig:
    """Ask the language model that a run has as its teacher; return the run on what it answered.

    Args:
        config: The settings of a run.
        progress: Shows how far it is.

    Raises:
        UserError: As of `label`, or the folder of the run holds one on other answers.
    """
    folder = locate(config)
    _refuse_other_answers(config, folder)
    # Another seed, another fold or more texts ask again for none that was answered.
    label(config.replaced(to=str(folder)), progress, answers=folder.parent / ANSWERS)
    pass_on_notes(config.data.source, folder)
    files = {"validation": "", "test": "", "unlabelled": "", "labels": ""}
    columns = {"text_column": "", "label_column": "", "header": "", "encoding": "", "columns": {}}
    # Answers that are labels have no store: the teacher is trained on them.
    spec = f"store:{folder / STORE}" if (folder / STORE).exists() else "train"
    own = {"data": str(folder), "teacher": spec, "data_dir": "", "ignore_texts": False}
    changed = {**own, **files, **columns, "skip_bad": False}
    asking = {f: v for f, v in RunConfig().flat().items() if f in vars(config.prompts)}
    return config.replaced(**changed, **asking)


def locate(config: RunConfig) -> Path:
    """Return the folder that a run's language model is asked in: beside the run, by what is asked.

    Args:
        config: The settings of a run.
    """
    runs = Path(config.to).expanduser().parent if config.to else Path("runs")
    settings = config.flat()
    facts = {name: settings[name] for name in (*_ASKED, *OF_DATA)}
    # A task that is named and one that fits are the same.
    facts["task"] = choose_task(config)[0].name
    # What is in a file may change, and its name stay.
    facts["files"] = [digest_content(settings[name]) for name in _FILES]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
    model = config.teacher.source.partition(":")[2].partition("@")[0]
    name = re.sub(r"\W+", "-", f"{Path(config.data.source).stem}-{Path(model).name}").strip("-")
    return runs / FOLDER / f"{name}-{digest}"


def digest_content(path: str) -> str:
    """Return what tells a file from others of its name; empty where there is none to read.

    What is wrong with it is for whoever needs it to say.

    Args:
        path: The file, as a setting names it.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _refuse_other_answers(config: RunConfig, folder: Path) -> None:
    """Refuse a run that began with other answers, before these are asked and paid for.

    Raises:
        UserError: It did.
    """
    run = Path(config.to).expanduser()
    if config.to and run_folder.has_begun(run):
        began = read_config(run / run_folder.CONFIG)
        run_folder.refuse_another_run(began.replaced(data=str(folder)), began, run)


def _open_data(config: RunConfig, task: Task) -> Data:
    """Open the data, which may have no labels.

    Raises:
        UserError: They have nothing to ask for.
    """
    settings = config.flat()
    options: dict[str, Any] = {name: settings[name] or None for name in OF_DATA}
    split_seed = config.data.split_seed
    options["seed"] = config.training.seed if split_seed < 0 else split_seed
    options |= {"columns": config.columns, "reader": without_need_of_labels(task)}
    data = open_data(config.data.source, **options)
    if not data.counts.get("train") and not data.counts.get("unlabelled"):
        raise UserError(f"{config.data.source} has no texts to ask for: give some.")
    return data


def _name_classes(data: Data, guide: ClassGuide) -> tuple[Data, ClassGuide]:
    """Return the data with the names of the guide, and the guide with the classes of the data.

    Raises:
        UserError: They name other classes.
    """
    labels, names = data.labels, guide.names
    ids = [str(number) for number in range(len(names))]
    if not labels:
        return replace(data, labels=names), guide
    if set(labels) <= set(ids) and not set(labels) & set(names):
        logger.info(
            f"classes   {', '.join(f'{i} is {n}' for i, n in zip(ids, names, strict=True))}"
        )
        return replace(data, labels=names), guide
    return data, guide.with_names(labels)


def _claim(work: Labelling | Answering) -> None:
    """Refuse a folder of other answers, and write down whose it is."""
    there = sorted(path.name for path in work.folder.iterdir()) if work.folder.is_dir() else []
    if there and _MARK not in there:
        raise UserError(
            f"{work.folder} holds {there[0]} and no answers of a language model: give a new or "
            "empty folder with --to."
        )
    work.folder.mkdir(parents=True, exist_ok=True)
    mark = {"teacher": work.teacher.fingerprint, "labels": list(work.data.labels)}
    run_folder.remember(work.folder / _MARK, mark, "what is asked")
    if isinstance(work, Labelling):
        with replace_when_whole(work.folder / NAMES) as part:
            part.write_text("".join(f"{name}\n" for name in work.data.labels), encoding="utf-8")


def _say_plan(work: Labelling | Answering) -> None:
    costs = work.teacher.estimate(work.asked())
    address = work.teacher.address
    logger.info(
        f"asking    {address.model} at {address.url}: {costs.texts:,} texts, at most "
        f"{costs.calls:,} calls, into {work.folder}"
    )
