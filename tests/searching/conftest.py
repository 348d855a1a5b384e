"""Every test of searches works in a directory of its own."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _in_a_workplace(workplace):
    pass


class DrawnTrial:
    """A trial that draws each value, and keeps it."""

    def __init__(self, seed):
        self.draw, self.params = np.random.default_rng(seed), {}

    def suggest_categorical(self, name, choices):
        return self.params.setdefault(name, choices[self.draw.integers(len(choices))])

    def suggest_float(self, name, low, high, *, log=False):
        low, high = (np.log(low), np.log(high)) if log else (low, high)
        drawn = self.draw.uniform(low, high)
        return self.params.setdefault(name, float(np.exp(drawn) if log else drawn))


@pytest.fixture(scope="session")
def drawn():
    """Make a trial that draws each value by a seed."""
    return DrawnTrial
