"""Which weights a stage trains, and how fast its lower blocks are, as its table says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UserError
from .config_checks import typed_value
from .config_tables import TrainingConfig

_OWN = ("tune", "layer_decay")


def read_tuning(
    table: Mapping[str, Any], training: TrainingConfig, title: str
) -> tuple[str, float]:
    """Return which weights a stage trains, and its share of the rate from block to block.

    Args:
        table: The stage as it is written.
        training: What holds where the stage says nothing.
        title: What to call it in an error.

    Raises:
        UserError: Values that cannot be.
    """
    # What a stage freezes itself stands in place of how all are tuned.
    way = table.get("tune", "" if "frozen" in table else training.tune)
    decay = table.get("layer_decay", training.layer_decay)
    decay = typed_value(f"{title}: layer_decay", decay, float)
    if not 0 < decay <= 1:
        raise UserError(f"{title}: layer_decay is {decay}: write a number above 0 and up to 1.")
    return typed_value(f"{title}: tune", way, str), decay


def check_compressed(tables: Iterable[Mapping[str, Any]]) -> None:
    """Refuse to tune few weights of a student that was made smaller.

    LoRA would fill its zeros and leave its grid, and blocks may be gone.

    Raises:
        UserError: A stage that does so.
    """
    is_smaller = False
    for number, table in enumerate(tables, 1):
        is_smaller = is_smaller or "compress" in table
        found = next((name for name in _OWN if name in table), None)
        if is_smaller and found:
            raise UserError(
                f"stage {number} has {found} = {table[found]!r}, and a student that is made "
                "smaller is healed by all its weights: write a stage that tunes before those "
                "with compress, or leave it out."
            )
