"""What proposes the values of a candidate, from nothing but the journal, its number and a seed.

Only where Optuna is installed can this be imported.
"""

from __future__ import annotations

import hashlib
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

_AT_RANDOM = 10
"""Trials before a sampler has seen enough to choose by."""


class JournalSampler(BaseSampler):
    """A sampler without a state: each value of each trial is drawn by a seed of its own.

    Args:
        kind: `tpe` or `random`.
        seed: Of all its seeds.
    """

    def __init__(self, kind: str, seed: int) -> None:
        self.kind, self.seed = kind, seed

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return that no values are drawn together: which there are depends on others."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return no values."""
        return {}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw one value of a trial."""
        key = f"{self.seed} {trial.number} {param_name}".encode()
        seed = int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "big")
        drawn = (
            RandomSampler(seed)
            if self.kind == "random"
            else TPESampler(seed=seed, n_startup_trials=_AT_RANDOM)
        )
        return drawn.sample_independent(study, trial, param_name, param_distribution)
