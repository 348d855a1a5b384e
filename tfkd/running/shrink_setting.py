"""The student `shrink:N` or `shrink:N+M`, made of its teacher's layers, as settings see it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .. import teachers
from ..errors import UserError
from ..models.tuning import INSERTED, parse_way
from ..tasks import Task
from . import own_teacher
from .config import RunConfig

_ALSO = ("width", "vocabulary")
"""What else becomes smaller, by the settings of a student of an encoder's layers."""
_LAYERS = re.compile(r"([1-9]\d*)(?:\+([1-9]\d*))?")


def shrinks(config: RunConfig) -> bool:
    """Return whether the student is made of its teacher's layers."""
    return config.student.source.partition(":")[0] == "shrink"


def read_layers(source: str) -> int | tuple[int, int]:
    """Return how many layers a student has; of one with a decoder, of its two parts.

    Args:
        source: The student.

    Raises:
        UserError: No numbers of layers.

    >>> read_layers("shrink:3"), read_layers("shrink:6+2")
    (3, (6, 2))
    """
    found = _LAYERS.fullmatch(source.partition(":")[2])
    if found is None:
        raise UserError(
            f"{source} names no number of layers: write shrink:3, say, for three of the teacher's "
            "layers, or shrink:6+2 for six of its encoder and two of its decoder."
        )
    return int(found[1]) if found[2] is None else (int(found[1]), int(found[2]))


def check_shrink(config: RunConfig, task: Task, per_token: Iterable[str]) -> None:
    """Refuse layers, a teacher and settings of which no student can be made.

    Args:
        config: The settings, of a run with such a student.
        task: What it is for.
        per_token: What the losses compare token by token.

    Raises:
        UserError: The first of them.
    """
    source = config.student.source
    layers = read_layers(source)
    _check_parts(source, layers, task)
    _check_teacher(source, config)
    known = _ALSO if isinstance(layers, int) else ()
    unknown = [name for name in config.student.settings if name not in known]
    if unknown:
        way = f"write {' or '.join(known)}, or none" if known else "leave it out"
        raise UserError(f"{source.partition(':')[0]} has no setting {unknown[0]!r}: {way}.")
    if per_token and "vocabulary" in config.student.settings:
        raise UserError(
            f"a student of fewer word pieces reads other tokens than its teacher, and the "
            f"objective compares {', '.join(sorted(per_token))} token by token: leave vocabulary "
            "out, or distil from logits alone."
        )


def _check_parts(source: str, layers: int | tuple[int, int], task: Task) -> None:
    """Refuse one number for a student of two parts, and two for one without a decoder."""
    has_decoder = task.features == "decoder"
    if has_decoder and isinstance(layers, int):
        raise UserError(
            f"{source} names one number of layers, and a student for {task.name} has an encoder "
            f"and a decoder: write shrink:{layers}+1, say, for a teacher that is a seq2seq."
        )
    if not has_decoder and not isinstance(layers, int):
        raise UserError(
            f"{source} names layers of an encoder and of a decoder, and a student for {task.name} "
            f"has no two parts: write shrink:{layers[0]}."
        )


def _check_teacher(source: str, config: RunConfig) -> None:
    given = config.teacher.source
    # What is fine-tuned first is one of KerasHub's.
    kind = "hub" if own_teacher.fine_tunes(given) else given.partition(":")[0]
    shrinkable = [name for name, known in teachers.KINDS.items() if known.shrinkable]
    if kind in shrinkable:
        if parse_way(config.teacher.tune).name in INSERTED:
            raise UserError(
                f"{source} copies the teacher's layers, and teacher_tune is "
                f"{config.teacher.tune!r}, which puts others between them: write lora:8, or name "
                "another student."
            )
        return
    given = "train, the default" if kind == "train" else f"{kind}:..."
    raise UserError(
        f"{source} copies layers from a Keras or Hugging Face teacher, and the teacher is {given}: "
        f"add --teacher {' or --teacher '.join(f'{n}:PATH' for n in (*shrinkable, 'train:hf'))}."
    )
