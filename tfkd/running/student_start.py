"""The start of a student that is made of its teacher's vectors of single pieces."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from .. import students
from ..errors import UserError
from ..models.text_model import TextModel
from ..progress import logger
from ..tasks import EMBEDDING
from ..text import Encoder, TextEncoder
from .config import RunConfig
from .context import RunContext
from .start_setting import RANDOM, TEACHER

_COUNTED = 100_000  # texts in which pieces are counted


def prepare_start(context: RunContext, encoder: Encoder, teacher: TextModel | None) -> None:
    """Write what the student starts from into the run's folder, if the teacher has vectors.

    By default only students that give vectors themselves start so, with a low weight for frequent
    pieces; any other one where the settings ask for it, with the same weight for all.

    Args:
        context: The context of the run.
        encoder: The student's tokenizer.
        teacher: The teacher; None where the run trains it.

    Raises:
        UserError: The settings ask for it, and the teacher has none.
    """
    wanted = context.config.student
    file = _file(context)
    if wanted.from_run:
        return
    vectors = EMBEDDING in context.task.outputs
    start = wanted.start if vectors or wanted.start == TEACHER else RANDOM
    if not students.has_table(wanted.source) or start == RANDOM or file.is_file():
        return
    if teacher is None or (context.folder / "student.keras").is_file():
        return
    # Of a teacher that looks texts up: the model that read them.
    teacher = getattr(teacher, "reader", None) or teacher
    try:
        with context.progress("vectors of pieces", encoder.vocab_size) as advance:
            table = students.make_table(
                teacher,
                cast(TextEncoder, encoder),
                _width(context.config),
                texts=_texts(context),
                weighted=vectors,
                advance=advance,
            )
    except UserError as error:
        if wanted.start == TEACHER:
            raise
        logger.info(f"the student starts at random: {error}")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    table.save(file)
    logger.info("the student starts from its teacher's vectors of single pieces")


def read_start(context: RunContext) -> students.PieceTable | None:
    """Return what the student of a run starts from, or None for random numbers."""
    file = _file(context)
    return students.PieceTable.load(file) if file.is_file() else None


def _file(context: RunContext) -> Path:
    return context.work / "start.npz"


def _width(config: RunConfig) -> int:
    name, _, size = config.student.source.partition(":")
    return {**students.sizes_of(name)[size or "small"], **config.student.settings}["width"]


def _texts(context: RunContext) -> Iterator[str]:
    examples = itertools.islice(context.data.read("train"), _COUNTED)
    return (text for example in examples for text in context.task.texts(example))
