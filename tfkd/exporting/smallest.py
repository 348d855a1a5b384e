"""Which quantisation passes: the smallest of all, or a milder one where that asked for does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import UserError
from ..runtime.quantisations import KINDS, QUANTIZE, Quantization, milder
from . import integer_quantisation
from .export_request import ExportRequest
from .gate import Differs, Figures

Writer = Callable[[ExportRequest, Path], Figures]


def write_smallest(write: Writer, request: ExportRequest, path: Path) -> tuple[str, Figures]:
    """Write the smallest file that passes, of every kind that this request and machine allow.

    Raises:
        Differs: Not even float32 passes.
    """
    passed = {}
    for kind in _possible(QUANTIZE, request):
        # The user's file may be called as its kind is.
        file = path.with_name(f"{path.stem}-{kind.name}{path.suffix}")
        try:
            passed[kind.name] = write(request.with_kind(kind), file), file
        except UserError as error:
            # It differs, or does not convert.
            last = error
    if not passed:
        raise last
    smallest = min(passed, key=lambda name: passed[name][1].stat().st_size)
    passed[smallest][1].replace(path)
    for _, file in passed.values():
        file.unlink(missing_ok=True)
    return smallest, passed[smallest][0]


def write_or_suggest(write: Writer, request: ExportRequest, path: Path) -> Figures:
    """Write a file of the kind that was asked for.

    Raises:
        Differs: It does not pass; the sentence says which milder kind does.
    """
    try:
        return write(request, path)
    except Differs as error:
        raise Differs(error.why, _milder_that_passes(write, request, path)) from None


def _milder_that_passes(write: Writer, request: ExportRequest, path: Path) -> str | None:
    for kind in _possible(milder(request.storage.kind.name), request):
        try:
            write(request.with_kind(kind), path)
            return kind.name
        except UserError:
            continue
    return None


def _possible(names: Iterable[str], request: ExportRequest) -> list[Quantization]:
    task = request.context.task
    # Several signatures share their weights.
    able = integer_quantisation.is_available() and not (task is not None and task.writes)
    ready = request.storage.calibration is not None
    return [
        kind
        for kind in (KINDS[name] for name in names)
        if (able or not kind.by_quantizer) and (ready or not kind.calibrated)
    ]
