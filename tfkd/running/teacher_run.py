"""`tfkd teach`: train a teacher, or fine-tune a Hugging Face encoder, and save it."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import tasks, teachers, text
from ..data import Data
from ..data.encoded import Encoded
from ..data.encoded_writer import encode
from ..errors import UserError
from ..models.hugging_face_config import most_tokens, read_config
from ..models.text_model import TextModel
from ..progress import Progress, log_progress, logger
from . import folder as run_folder
from . import own_teacher
from .checks import (
    check_fine_tuning,
    check_teacher,
    check_training,
)
from .config import RunConfig
from .context import RunContext
from .encoders import learn_encoder, renumber
from .fine_tuning import FineTuned, fine_tune
from .fitting import forget_backups
from .given_teacher import TAUGHT
from .lock import hold_folder
from .measuring import answer_encoded, open_test_set
from .own_teacher import Effort, Lessons
from .run_data import check_lessons, open_run_data
from .stages import read_names, read_optimizer
from .task_choice import choose_task, with_task
from .text_settings import check_text_settings
from .tune_setting import check_teacher_tuning
from .validation import ValidationSet

SCORE = "score.json"  # written last
_FACTS = "training.json"  # what a training took, until it is part of the scores
_LONGEST = 256  # tokens that a fine-tuned teacher reads of a text


@dataclass(frozen=True)
class _Work:
    """What the steps of a teacher's training have in common."""

    config: RunConfig
    task: tasks.Task
    data: Data
    folder: Path
    progress: Progress


def teach(config: RunConfig, progress: Progress = log_progress) -> TextModel:
    """Train or fine-tune the teacher that `config` names, and save it for `keras:FOLDER`.

    Prints its scores on the test texts. Interrupted, the same command goes on.

    Raises:
        UserError: wrong data or settings, a folder that holds something else.
    """
    if own_teacher.fine_tunes(config.teacher.source):
        config = config.replaced(teacher=config.teacher.source.removeprefix("train:"))
    task, _ = choose_task(config)
    config = with_task(config, task)
    check_text_settings(config, task)
    _check_teacher(config, task)
    _check_frozen(config, task)
    data = open_run_data(config, task)
    check_lessons(task, data, config.teacher.source)
    name = f"teacher-{data.name}-{config.digest}"
    folder = run_folder.locate_folder(config, name)
    complete = (folder / SCORE).is_file()
    with nullcontext() if complete else hold_folder(run_folder.make_folder(folder)):
        run_folder.claim_run_folder(config, name)
        run_folder.remember(folder / "data.json", data.describe(), "the data")
        if (folder / SCORE).is_file():
            logger.info(f"{folder} is complete; distil it with --teacher keras:{folder}")
            return teachers.load_teacher(f"keras:{folder}", task=task)
        return _make_teacher(_Work(config, task, data, folder, progress))


def teach_first(context: RunContext) -> None:
    """Fine-tune the teacher `train:hf:FOLDER` of a run in the folder of the run."""
    folder = context.folder / TAUGHT
    if not (folder / SCORE).is_file():
        teach(as_lessons(context.config, folder), context.progress)


def as_lessons(config: RunConfig, folder: Path) -> RunConfig:
    """Return the settings of `tfkd teach` for the teacher that a run trains.

    Args:
        config: The settings of the run.
        folder: Where the teacher goes.
    """
    wanted = config.teacher
    own = {
        "teacher": _spec_to_teach(wanted.source),
        "to": str(folder),
        "epochs": wanted.epochs,
        "learning_rate": wanted.learning_rate,
        "patience": wanted.patience,
        "max_length": wanted.max_length or config.student.max_length,
        "tune": wanted.tune,
    }
    unused: dict[str, Any] = {
        "teacher_epochs": 0,
        "teacher_learning_rate": 0.0,
        "teacher_max_length": 0,
    }
    unused |= {"teacher_tune": "", "layer_decay": 1.0}
    others: dict[str, Any] = {
        "freeze": "",
        "assistant": "",
        "stage": [],
        "objective": [],
        "strategy": "auto",
    }
    others |= {"perturb": [], "min_confidence": 0.0, "agree": ""}
    return config.replaced(**own, **unused, **others)


def _spec_to_teach(source: str) -> str:
    return source.removeprefix("train:") if own_teacher.fine_tunes(source) else source


def _make_teacher(work: _Work) -> TextModel:
    """Carry out what is left of a teacher's training, and save it."""
    encoder = _prepare_encoder(work)
    made = _load_trained(work) or _train_and_save(work, encoder)
    _report_score(work, made, _encode(work, "test", encoder))
    shutil.rmtree(work.folder / "work", ignore_errors=True)
    return made.model


def _load_trained(work: _Work) -> FineTuned | None:
    """Return the teacher of a run that stopped while it was scored, if it is one."""
    if not (work.folder / teachers.MODEL).is_file():
        return None
    model = teachers.load_teacher(f"keras:{work.folder}", task=work.task)
    facts = work.folder / _FACTS
    return FineTuned(model, run_folder.read_json(facts) if facts.is_file() else {})


def _train_and_save(work: _Work, encoder: text.Encoder) -> FineTuned:
    """Train a teacher, or go on with it, and save it."""
    train, validation = (_encode(work, split, encoder) for split in ("train", "validation"))
    lessons = Lessons(train, ValidationSet(work.task, work.data, encoder, validation))
    folder = work.folder / "members"
    if _fine_tunes(work.config):
        made = fine_tune(work.config, lessons, folder, work.progress)
    else:
        made = FineTuned(_train(work, lessons))
    if made.facts:
        run_folder.write_json(work.folder / _FACTS, made.facts)
    teachers.save(made.model, work.folder)
    forget_backups(folder)
    return made


def _fine_tunes(config: RunConfig) -> bool:
    return config.teacher.source.partition(":")[0] == "hf"


def _check_teacher(config: RunConfig, task: tasks.Task) -> None:
    """Refuse a teacher or tokenizer that cannot be used, before a folder is claimed for it."""
    if config.teacher.source.partition(":")[0] not in ("train", "hf"):
        raise UserError(
            f"teach takes train, train:STUDENT or hf:PATH, not {config.teacher.source!r}."
        )
    if _fine_tunes(config):
        check_fine_tuning(config.teacher.source, task)
    else:
        check_teacher(config, task)
    check_training(config)
    _load_given_encoder(config, task)


def _check_frozen(config: RunConfig, task: tasks.Task) -> None:
    """Refuse to freeze layers that the teacher does not have, or a way to tune it."""
    check_teacher_tuning(config, task)
    names = read_names(config)
    if names and not _fine_tunes(config):
        own_teacher.check_frozen(config.teacher.source, task, names)


def _load_given_encoder(config: RunConfig, task: tasks.Task) -> text.TextEncoder | None:
    """Load the tokenizer of the model to fine-tune, or the one that the settings name."""
    if _fine_tunes(config):
        path = Path(config.teacher.source.partition(":")[2]).expanduser()
        encoder = text.load(path)
        most = most_tokens(read_config(path), encoder.pad_id) or _LONGEST
        return replace(encoder, max_length=min(config.student.max_length, _LONGEST, most))
    if not config.student.tokenizer:
        return None
    return renumber(text.load(config.student.tokenizer, config.student.max_length), task)


def _prepare_encoder(work: _Work) -> text.Encoder:
    """Load the tokenizer from the teacher's folder; make and save it where it is missing."""
    own = work.task.own_encoder()
    if own is not None:
        own.save(work.folder)
        return own
    # preprocessing.json is written last: where it is, all is there.
    if (work.folder / "preprocessing.json").is_file():
        return text.load(work.folder)
    encoder = _load_given_encoder(work.config, work.task)
    if encoder is None:
        encoder = learn_encoder(work.config, work.data, work.task, work.progress)
    else:
        encoder = text.with_pieces(encoder, work.task.pieces)
    encoder.save(work.folder)
    return encoder


def _encode(work: _Work, split: str, encoder: text.Encoder) -> Encoded:
    with work.progress(f"tokens of {split}", work.data.counts.get(split, 0)) as advance:
        return encode(
            work.data.read(split),
            work.task,
            encoder,
            work.folder / "work" / split,
            schema=work.data.schema,
            advance=advance,
        )


def _train(work: _Work, lessons: Lessons) -> TextModel:
    """Train students of the largest size, from scratch."""
    config = work.config
    batch = min(config.training.batch_size, own_teacher.BATCH)
    return own_teacher.train_teacher(
        config.teacher.source,
        lessons,
        folder=work.folder / "members",
        seed=config.training.seed,
        effort=Effort(
            config.training.epochs,
            batch,
            config.training.learning_rate,
            read_names(config),
            config.training.patience,
            read_optimizer(config),
        ),
        progress=work.progress,
    )


def _report_score(work: _Work, made: FineTuned, encoded: Encoded) -> None:
    """Write the scores on the test examples, and say them."""
    test = open_test_set(work.task, work.data)
    answers = answer_encoded(test, made.model, encoded, "teacher", work.progress)
    scores = test.task.score(answers, test.examples)
    facts = {"training": made.facts} if made.facts else {}
    run_folder.write_json(work.folder / SCORE, {**scores, **facts})
    (work.folder / _FACTS).unlink(missing_ok=True)
    numbers = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
    logger.info(f"on {len(test.examples):,} test {work.task.things}: {numbers}")
    for warning in test.warnings(scores, answers):
        logger.info(warning)
    logger.info(f"saved; distil it with --teacher keras:{work.folder}")
