"""A loss as a table of plain values, and back."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from ..errors import UserError

# Where a loss that is named without a module is looked up.
OURS = "tfkd.losses"
Forms = str | Mapping[str, str]
"""What logits are: of a model, or of each of its heads by name."""


def spell_loss(cls: type) -> str:
    """Return what a config calls a loss: its name, of a loss of one's own with its module."""
    own = getattr(importlib.import_module(OURS), cls.__name__, None) is cls
    return cls.__name__ if own else f"{cls.__module__}:{cls.__qualname__}"


def loss_from_config(config: dict[str, Any], form: Forms = "multiclass") -> Any:
    """Return the loss that a table describes: its name as `loss`, and its fields.

    Args:
        config: The table, which is used up. With `head`, the loss is on one of several heads.
        form: What the logits are, for losses on logits that do not say it; by head where there
            are several.

    Raises:
        UserError: No such loss, or fields that it does not have.
    """
    name = str(config.pop("loss", ""))
    if "head" in config and name.rpartition(":")[2] != "ForHead":
        head = str(config.pop("head"))
        own = form.get(head, "multiclass") if isinstance(form, Mapping) else form
        for_head = importlib.import_module(OURS).ForHead
        return for_head(head, loss_from_config({"loss": name, **config}, own))
    module, _, qualified = name.rpartition(":")
    try:
        home = importlib.import_module(module or OURS)
    except ImportError as error:
        raise UserError(f"the loss {name!r} cannot be loaded: {error}.") from error
    if not hasattr(home, qualified):
        known = [n for n in home.__all__ if n[0].isupper() and n != "FORMS"]
        raise UserError(f"there is no loss {name!r}: write one of {', '.join(known)}.")
    loss = getattr(home, qualified)
    if isinstance(form, str) and form in getattr(loss, "forms", ()):
        config = {"form": form, **config}
    try:
        return loss(**config)
    except TypeError as error:
        raise UserError(f"{name}: {error}.") from error
