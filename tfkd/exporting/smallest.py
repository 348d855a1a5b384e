"""Which quantisation passes: the smallest of all, or a milder one where that asked for does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from ..runtime.quantisations import CALIBRATED, QUANTIZE, milder
from . import integer_quantisation
from .request import Order
from .verify import Differs, Figures

Writer = Callable[[Order, Path], Figures]


def smallest(write: Writer, order: Order, made: Path) -> tuple[str, Figures]:
    """Write the smallest file that passes, of every kind that this order and machine allow.

    Raises:
        Differs: not even float32 passes.
    """
    passed = {}
    for kind in _possible(QUANTIZE, order):
        file = made.with_name(f"{kind}{made.suffix}")
        try:
            passed[kind] = write(replace(order, quantize=kind), file), file
        except UserError as error:  # it differs, or does not convert
            last = error
    if not passed:
        raise last
    best = min(passed, key=lambda kind: passed[kind][1].stat().st_size)
    passed[best][1].replace(made)
    for _, file in passed.values():
        file.unlink(missing_ok=True)
    return best, passed[best][0]


def named(write: Writer, order: Order, made: Path) -> Figures:
    """Write a file of the kind that was asked for.

    Raises:
        Differs: it does not pass; the sentence says which milder kind does.
    """
    try:
        return write(order, made)
    except Differs as error:
        raise Differs(error.why, _instead(write, order, made)) from None


def _instead(write: Writer, order: Order, made: Path) -> str | None:
    for kind in _possible(milder(order.quantize), order):
        try:
            write(replace(order, quantize=kind), made)
            return kind
        except UserError:
            continue
    return None


def _possible(kinds: Iterable[str], order: Order) -> list[str]:
    ready = order.calibration is not None and integer_quantisation.available()
    return [kind for kind in kinds if ready or kind not in CALIBRATED]
