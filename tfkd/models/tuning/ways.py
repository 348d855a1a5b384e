"""The ways to train few weights of a model, as they are written: `head`, `top:2`, `lora:8`."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UserError

ALL, HEAD, TOP, BITFIT, LORA, ADAPTER, PROMPT = WAYS = (
    *("all", "head", "top", "bitfit", "lora", "adapter", "prompt"),
)
INSERTED = (ADAPTER, PROMPT)
"""Those that put layers between a model's own."""
TARGETS = ("query", "value")
_EXAMPLES = "all, head, top:2, bitfit, lora:8, lora:8,target=query+value, adapter:64 or prompt:20"
_SIZES = {TOP: "blocks", LORA: "the rank", ADAPTER: "units", PROMPT: "vectors"}


@dataclass(frozen=True)
class Way:
    """A way to train few weights.

    Attributes:
        name: One of `WAYS`.
        size: Blocks of `top`, the rank of `lora`, units of `adapter`, vectors of `prompt`.
        targets: What the layers are called that `lora` is for.
    """

    name: str
    size: int = 0
    targets: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the way as it is written."""
        spec = f"{self.name}:{self.size}" if self.size else self.name
        chosen = self.targets and self.targets != TARGETS
        return f"{spec},target={'+'.join(self.targets)}" if chosen else spec


def parse_way(spec: str) -> Way:
    """Read a way to train few weights.

    Args:
        spec: As it is written; empty for all weights.

    Raises:
        UserError: An unknown way, or a size or a setting that it cannot have.

    >>> parse_way("top:2")
    Way(name='top', size=2, targets=())
    >>> str(parse_way("lora:4,target=inner+outer"))
    'lora:4,target=inner+outer'
    """
    first, *settings = (spec or ALL).split(",")
    name, colon, written = first.strip().partition(":")
    if name not in WAYS or bool(colon) != (name in _SIZES):
        raise UserError(f"tune is {spec!r}: write {_EXAMPLES}.")
    if colon and not (written.isdecimal() and int(written) > 0):
        raise UserError(
            f"tune is {spec!r}, with {written!r} for {_SIZES[name]}: write a whole number from 1 "
            f"on, e.g. {name}:8."
        )
    way = Way(name, int(written or 0), TARGETS if name == LORA else ())
    for setting in settings:
        key, _, value = (part.strip() for part in setting.partition("="))
        targets = tuple(each.strip() for each in value.split("+"))
        if name != LORA or key != "target" or not all(targets):
            raise UserError(
                f"tune is {spec!r}, and {setting.strip()!r} is no setting of {name}: write "
                f"{_EXAMPLES}."
            )
        way = Way(name, way.size, targets)
    return way
