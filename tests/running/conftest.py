"""Every test of runs works in a directory of its own."""

import pytest


@pytest.fixture(autouse=True)
def _in_a_workplace(workplace):
    pass
