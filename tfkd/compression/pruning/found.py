"""Say what of a model can be cut, where that is not what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import UserError
from .blocks import ResidualBlock
from .families import Prunable

SHARE, LAYERS = "share", "layers"
BUDGET = ("heads", "units", "channels")
"""What one budget is shared among: a coordinate is in all layers, and changes each norm."""


@dataclass(frozen=True)
class Found:
    """What of a model can be cut, and the kinds of layers that are not understood."""

    families: Sequence[Prunable]
    blocks: Sequence[ResidualBlock]
    unknown: Sequence[str]


def check_kinds(name: str, shares: Mapping[str, float], found: Found) -> None:
    """Refuse shares of what a model does not have.

    Args:
        name: The model's.
        shares: How much is cut, by kind.
        found: What can be cut.

    Raises:
        UserError: What it has instead.
    """
    there = {each.kind for each in found.families} | ({LAYERS} if found.blocks else set())
    there |= {SHARE} if there & set(BUDGET) else set()
    missing = [kind for kind, share in shares.items() if share and kind not in there]
    if not missing:
        return
    asked = f"{missing[0]}={shares[missing[0]]:g}, and"
    wanted = missing[0]
    if wanted == SHARE:
        asked, wanted = f"one share of {shares[SHARE]:g}, and", "heads, units or channels"
    have = describe(found.families, found.blocks)
    hint = f"it has {have}" if have else "nothing else of it can be cut either"
    kinds = ", ".join(sorted(set(found.unknown))[:4])
    end = f". What {kinds} reads and makes stays whole." if kinds else "."
    raise UserError(
        f"prune has {asked} the model {name!r} has no {wanted} that can be cut: {hint}{end}"
    )


def describe(families: Sequence[Prunable], blocks: Sequence[ResidualBlock]) -> str:
    """Say how much of each kind there is: `24 heads in 2 layers`.

    Args:
        families: What can be cut by layers.
        blocks: What can be left out.
    """
    parts = []
    for kind in dict.fromkeys(each.kind for each in families):
        own = [len(each.sets) for each in families if each.kind == kind]
        places = "1 layer" if len(own) == 1 else f"{len(own)} layers"
        parts.append(
            f"{sum(own)} {kind} in {places}" if kind != "width" else f"a width of {own[0]}"
        )
    if blocks:
        parts.append(f"{len(blocks)} layers" if len(blocks) > 1 else "1 layer (block)")
    return ", ".join(parts)
