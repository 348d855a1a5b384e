"""What may be done for a smaller file: the kind of its numbers, and compressions before that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..exporting import integer_quantisation
from ..running.config import RunConfig
from ..running.stages import read_stages
from ..runtime.quantisations import INTEGER_WEIGHTS, KINDS
from ..tasks import Task
from .choice import Ask, Choice

COMPRESS = "compress"
_QUANTIZE = ("int4", "int4-32", "int8", "float16")
"""The smallest first."""
_CUTS: tuple[list[str], ...] = (
    [],
    ["prune:0.25"],
    ["prune:0.5"],
    ["low_rank:0.3"],
    ["low_rank:0.6"],
)
_GRID = "grid:"
Allows = Callable[[str, str], bool]
"""Whether a compression suits a kind of student."""


def choose_quantize(config: RunConfig, task: Task, ask: Ask, *, bound: bool) -> str:
    """Return the kind of a file's numbers.

    Args:
        config: The settings of the default.
        task: What the student is for; one that writes has files of some kinds alone.
        ask: Returns a value of a choice.
        bound: Whether compressions stay, of which a grid is that of one kind.
    """
    own = config.export.quantize
    needed = (stage.part.quantize for stage in read_stages(config) if stage.part is not None)
    if bound and any(needed):
        return own
    able = integer_quantisation.is_available() and not task.writes
    kinds = [kind for kind in _QUANTIZE if able or not KINDS[kind].by_quantizer]
    return ask(Choice.of("quantize", kinds, own))


def choose_compress(
    config: RunConfig, ask: Ask, *, kind: str, quantize: str, allows: Allows
) -> dict[str, Any]:
    """Return the compressions of a student by flat name, which suit it.

    Args:
        config: The settings of the default.
        ask: Returns a value of a choice.
        kind: The student's.
        quantize: The kind of numbers of its file.
        allows: Whether a compression suits a kind of student.
    """
    own = config.student.compress
    gridded = any(spec.startswith(_GRID) for spec in own)
    cut = [spec for spec in own if not spec.startswith(_GRID)]
    cuts = [specs for specs in _CUTS if all(allows(kind, spec) for spec in specs)]
    chosen = list(ask(Choice.of(f"{kind}.{COMPRESS}", cuts, cut, COMPRESS)))
    if quantize in INTEGER_WEIGHTS and allows(kind, f"{_GRID}{quantize}"):
        grid = ask(Choice.of(f"{kind}.grid.{quantize}", (False, True), gridded, COMPRESS))
        chosen += [f"{_GRID}{quantize}"] if grid else []
    return {COMPRESS: chosen} if chosen != own else {}
