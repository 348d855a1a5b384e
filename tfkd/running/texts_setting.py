"""The setting `texts`: training texts that are made, or another file of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import teachers
from ..errors import UserError
from ..text.drawn_texts import parse_lengths

if TYPE_CHECKING:
    from ..tasks import Task
    from .config import RunConfig

RANDOM, NEIGHBOURS = "random", "neighbours"
FORMS = "random:20000, neighbours:20000 or a file of texts"
_MOST = 10_000_000


@dataclass(frozen=True)
class WantedTexts:
    """Which training texts a run learns from.

    Attributes:
        way: `random`, `neighbours`, or empty for a file.
        count: How many are made.
        file: The file, of which all texts are taken.
    """

    way: str
    count: int = 0
    file: Path | None = None


def read_texts_setting(written: str) -> WantedTexts:
    """Return what the setting `texts` asks for.

    Raises:
        UserError: A number that is none, or no such file.

    >>> read_texts_setting("random:200")
    WantedTexts(way='random', count=200, file=None)
    """
    way, colon, count = written.partition(":")
    known = {"neighbors": NEIGHBOURS}.get(way, way)
    if known in (RANDOM, NEIGHBOURS):
        if not (colon and re.fullmatch(r"[0-9]+", count) and 1 <= int(count) <= _MOST):
            raise UserError(f"texts is {written!r}: write {known}:N with a number, {known}:20000.")
        return WantedTexts(known, int(count))
    file = Path(written).expanduser()
    if not file.is_file():
        raise UserError(f"texts is {written!r}, and there is no such file: write {FORMS}.")
    return WantedTexts("", file=file)


def check_texts(config: RunConfig, task: Task) -> WantedTexts:
    """Refuse made texts where they cannot be learnt from; return what is asked for.

    Args:
        config: The settings of a run.
        task: Its task.

    Raises:
        UserError: Another task than one class of a text, or a teacher that learns from the texts.
    """
    wanted, source = read_texts_setting(config.data.texts), config.teacher.source
    parse_lengths(config.data.texts_words)
    if task.form != "multiclass" or set(task.inputs) != {"input_ids"} or not task.reads_texts:
        raise UserError(
            f"texts is {config.data.texts!r}, of which each gets one class by the teacher, and the "
            f"task is {task.name}: leave it out, and give texts with --unlabelled."
        )
    kind = source.partition(":")[0]
    if kind == "train" or teachers.is_fitted(source):
        raise UserError(
            f"the teacher is {source}, which is made from the labels of training texts, and those "
            f"of --texts {config.data.texts} have none: give a teacher that is trained, such as "
            "--teacher hf:FOLDER."
        )
    if kind == "store":
        raise UserError(
            f"the teacher {source} knows the texts in its store alone, and --texts "
            f"{config.data.texts} makes others: give the model itself."
        )
    if config.training.baseline:
        raise UserError(
            f"baseline is {config.training.baseline}, which learns from labels, and the texts of "
            f"--texts {config.data.texts} have none: leave it out."
        )
    if config.data.fold or config.data.cross_validate:
        raise UserError(
            "folds of the training texts are test splits, and --texts stands in for the training "
            "texts: leave one of them out."
        )
    if wanted.way == RANDOM and teachers.is_prompted(source):
        raise UserError(
            f"random words come from the vocabulary of the teacher, and {source} tells none: write "
            f"--texts neighbours:{wanted.count}, or give a file."
        )
    if config.data.augment_model and wanted.way != NEIGHBOURS and not config.data.augment:
        raise UserError(
            f"augment_model is {config.data.augment_model!r} and texts {config.data.texts!r}: it "
            "makes texts with --texts neighbours:N, or with --augment 20."
        )
    return wanted
