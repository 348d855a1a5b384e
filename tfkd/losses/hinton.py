"""The classic objective: soft targets and hard labels."""

from __future__ import annotations

from ..errors import UserError
from ._base import Objective
from .hard_labels import HardLabels
from .soft_targets import SoftTargets


def hinton(
    temperature: float = 2.0, soft_weight: float = 0.5, form: str = "multiclass"
) -> Objective:
    """Weigh soft targets by `soft_weight`, hard labels by the rest (Hinton et al. 2015).

    Args:
        temperature: Of the soft targets; 1 to 4 suit a few classes, more suit many.
        soft_weight: From 0 to 1.
        form: What the logits are, as for a loss.

    Raises:
        UserError: A weight outside of 0 to 1.

    >>> [weight for _, weight, _ in hinton(temperature=4, soft_weight=0.75).named()]
    [0.25, 0.75]
    """
    if not 0.0 <= soft_weight <= 1.0:
        raise UserError(f"soft_weight is {soft_weight}: write a number from 0 to 1.")
    soft = soft_weight * SoftTargets(temperature=temperature, form=form)
    return (1.0 - soft_weight) * HardLabels(form=form) + soft
