"""What a student that writes learns of its teacher: how likely each token is, or whole texts."""

from __future__ import annotations

import dataclasses
from typing import Any

from .. import tasks
from ..errors import UserError
from ..losses._heads import is_logits
from ..models.text_model import TextModel
from ..progress import logger
from ..teachers import FunctionTexts
from .config import RunConfig
from .context import RunContext
from .stages import read_stages

AUTO = "auto"
LEVEL = "level"


def resolve_level(context: RunContext, encoder: Any, teacher: TextModel | None) -> RunContext:
    """Return the context of a run with the level that vocabularies allow in place of `auto`.

    A student learns how likely each token is to its teacher only where both have the same tokens.

    Args:
        context: The context of the run.
        encoder: The student's tokenizer.
        teacher: The given teacher; None where the run trains one, with the student's tokenizer.

    Raises:
        UserError: A loss on the teacher's logits, whose tokens are others than the student's.
    """
    if not context.task.writes:
        return context
    level, config = context.task.level, context.config
    alone = isinstance(teacher, FunctionTexts)
    why = "" if teacher is None else find_difference(teacher.encoder, encoder)
    why = f"{teacher.origin} gives texts alone" if teacher and alone else why
    if level == AUTO:
        level = "sequence" if why else "both"
        logger.info(f"level     {level}" + (f": {why}" if why else ""))
    texts = ""
    if context.task.learns_texts:
        config = config.replaced(task_settings={**config.task_settings, LEVEL: level})
        texts = f"learn the texts that the teacher writes (--task-set {LEVEL}=sequence)"
    if why and reads_logits(config):
        same = "" if alone else "give the student the teacher's tokenizer (--tokenizer FOLDER)"
        cure = ", or ".join(filter(None, [texts, same]))
        raise UserError(
            f"the student would learn how likely each token is to its teacher, and {why}: {cure}."
        )
    if not context.task.learns_texts:
        return context
    task = tasks.find(config.task.name, config.task_settings)
    data = dataclasses.replace(context.data, settings={**context.data.settings, LEVEL: level})
    return dataclasses.replace(context, config=config, task=task, data=data)


def find_difference(teacher: Any, student: Any) -> str:
    """Say in what two tokenizers differ by which texts are written; empty where in nothing."""
    theirs, ours = teacher.fingerprint(), student.fingerprint()
    if theirs != ours:
        return f"they have other vocabularies (tokenizer {theirs} of the teacher, {ours} here)"
    for name, does in (("start_id", "starts"), ("end_id", "ends")):
        one, other = getattr(teacher, name, -1), getattr(student, name, -1)
        if one != other:
            return f"another token {does} a text (id {one} of the teacher, {other} here)"
    return ""


def reads_logits(config: RunConfig) -> bool:
    """Return whether a loss of a run reads what the teacher says of each token."""
    return any(is_logits(name) for name in _list_reads(config))


def reads_teacher(config: RunConfig) -> bool:
    """Return whether a loss of a run reads anything of the teacher."""
    return bool(_list_reads(config))


def _list_reads(config: RunConfig) -> set[str]:
    return {name for stage in read_stages(config) for name in stage.objective.reads}
