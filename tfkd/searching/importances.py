"""Which settings of a search mattered, by what all its candidates scored on the first rung."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna

FEWEST = 10
"""Trials below which nothing is said."""


def find_importances(study: optuna.Study) -> dict[str, float]:
    """Return how much each setting mattered, the most important first.

    Nothing is known of too few trials, nor where all scored the same.

    All that came to the first rung count: of those that were trained to the end, there are few, and
    none is bad.

    Args:
        study: The journal.
    """
    import optuna

    known = [
        optuna.trial.create_trial(
            params=each.params, distributions=each.distributions, value=each.intermediate_values[0]
        )
        for each in study.get_trials(deepcopy=False)
        if 0 in each.intermediate_values
    ]
    if len(known) < FEWEST or len({each.value for each in known}) == 1:
        return {}
    same = optuna.create_study(direction=study.direction)
    same.add_trials(known)
    found = optuna.importance.get_param_importances(same)
    return {name: float(share) for name, share in found.items() if share > 0}
