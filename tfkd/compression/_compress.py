"""Find a compression by its spec."""

from __future__ import annotations

import importlib
from difflib import get_close_matches

from ..errors import UserError
from .compression import Compression

KINDS: dict[str, tuple[str, str]] = {
    "prune": (".pruning", "Pruning"),
    "sparse": (".sparse", "Sparse"),
    "low_rank": (".low_rank", "LowRank"),
    "grid": (".grid", "OnGrid"),
}
"""Where the class of each compression is: its module here, and its name."""


def parse(spec: str) -> Compression:
    """Return the compression that a spec names, such as `prune:0.4`.

    Args:
        spec: A name of `KINDS`, a colon, and its settings.

    Raises:
        UserError: An unknown name, or settings that cannot be.
    """
    name, _, text = spec.strip().partition(":")
    if name not in KINDS:
        near = get_close_matches(name, KINDS, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UserError(
            f"compress has {spec!r}, and no compression is called {name!r}{hint}: write one of "
            f"{', '.join(KINDS)}, with its settings after a colon."
        )
    module, title = KINDS[name]
    kind: type[Compression] = getattr(importlib.import_module(module, __package__), title)
    return kind.from_text(text)
