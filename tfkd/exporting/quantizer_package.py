"""Google's quantizer of LiteRT models, under either of its names."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

NAMES = ("ai_edge_quantizer", "litert_quantizer")
"Packages that have it; the second one is how it will be called."


def is_available() -> bool:
    """Return whether the quantizer is installed."""
    return _name() is not None


def quantizer_module(name: str) -> Any:
    """Return one of its modules.

    Args:
        name: Such as `quantizer`.
    """
    return importlib.import_module(f"{_name() or NAMES[0]}.{name}")


def _name() -> str | None:
    return next((name for name in NAMES if find_spec(name) is not None), None)
