"""Whether a file holds the weights of a model that was trained on its grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...runtime.quantisations import INTEGER_WEIGHTS
from ..export_request import ExportRequest
from ..gate import Differs, Figures
from .matching import Match, match
from .stored_weights import read_stored_weights

EXACT = 1e-6
"How far a weight may be off, of weights around 1."


def check_kept_weights(request: ExportRequest, blob: bytes, figures: Figures) -> Figures:
    """Return the figures of a file with the number of weights that it holds as they are.

    Args:
        request: What is exported.
        blob: The file.
        figures: What else is known of it.

    Raises:
        Differs: Weights of the student lie on the file's grid, and the file has others.
    """
    if request.storage.kind.name not in INTEGER_WEIGHTS:
        return figures
    return replace(figures, kept_weights=count_kept(blob, request.signature.student))


def count_kept(blob: bytes, model: Any) -> int:
    """Return how many numbers of a model a file stores in integers as they are.

    These are the weights that lie on the file's grid, as after a training on it.

    Args:
        blob: A LiteRT model of integers.
        model: What it was made of.

    Raises:
        Differs: Weights lie on the grid, and the file has others.
    """
    variables = [
        variable for variable in model.variables if len(variable.shape) and _is_float(variable)
    ]
    values = [np.asarray(variable) for variable in variables]
    kept = 0
    for stored in read_stored_weights(blob):
        matched = match(values, stored)
        if matched is None or not _lies_on_grid(matched):
            continue
        if _is_same(matched, str(getattr(variables[matched.place], "path", "a weight"))):
            kept += values[matched.place].size
    return kept


def _is_float(variable: Any) -> bool:
    return "float32" in str(variable.dtype)


def _lies_on_grid(matched: Match) -> bool:
    away = np.abs((matched.steps - np.rint(matched.steps)) * matched.scales)
    return bool(away.max() <= _allowed(matched) / 2)


def _allowed(matched: Match) -> float:
    largest = float(np.abs(matched.steps * matched.scales).max(initial=0))
    return EXACT * max(1.0, largest)


def _is_same(matched: Match, name: str) -> bool:
    """Return whether a file has the numbers, but for a normalisation multiplied into them.

    Such a one leaves the integers. Scales of blocks, which have eight digits, are rounded anew.

    Raises:
        Differs: The file has other integers, or scales that no normalisation explains.
    """
    stored = matched.stored
    away = np.abs(stored.values - matched.steps * matched.scales).max()
    folded = (np.rint(matched.steps) == stored.numbers).all() and stored.scales.size > 1
    exact = bool(away <= _allowed(matched))
    if not exact and not folded:
        raise Differs(
            f"the weights {name} lie on a grid of {stored.bits} bits, and the file holds others, "
            f"{away:.2g} away"
        )
    return exact or not stored.in_blocks
