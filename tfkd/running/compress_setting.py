"""The setting `compress`, and that of stages, checked before anything long is done."""

from __future__ import annotations

from typing import Any

from ..errors import UserError
from ..runtime.quantisations import QUANTIZE
from ..tasks import Task
from . import compressing
from .config import RunConfig
from .stages import read_stages


def compresses(config: RunConfig) -> bool:
    """Return whether a run makes its student smaller."""
    return bool(config.student.compress) or any("compress" in t for t in config.training.stage)


def check_compress(config: RunConfig) -> None:
    """Refuse compressions whose weights another kind of file would change again.

    Raises:
        UserError: The first of them; epochs for none.
    """
    if config.student.compress_epochs and not compresses(config):
        raise UserError(
            f"compress_epochs is {config.student.compress_epochs} and nothing is compressed: leave "
            "it out, or write e.g. --compress prune:0.4."
        )
    wanted = config.export.quantize
    for stage in read_stages(config):
        needed = "" if stage.part is None else stage.part.quantize
        if needed and needed != wanted:
            assert needed in QUANTIZE
            raise UserError(
                f"compress has {stage.name}, whose weights are those of a file of {needed}, and "
                f"quantize is {wanted}: write --quantize {needed}."
            )


def check_student(config: RunConfig, task: Task, student: Any) -> None:
    """Refuse compressions that an untrained student does not allow.

    Args:
        config: The settings of the run.
        task: What the student is for.
        student: The model that is trained.

    Raises:
        UserError: The first of them.
    """
    parts = [stage.part for stage in read_stages(config) if stage.part is not None]
    if parts and task.served_model(student) is not student:
        raise UserError(
            f"a student for {task.name} is trained inside of another model, where compress does "
            "not reach it: leave compress out."
        )
    if parts:
        compressing.check_model(student, parts)
