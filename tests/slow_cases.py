"""`@pytest.mark.slow_but_one`: the first case of a test is fast, and all others are slow."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark them before pytest chooses by marks."""
    seen = set()
    for item in items:
        if item.get_closest_marker("slow_but_one"):
            test = item.nodeid.partition("[")[0]
            if test in seen:
                item.add_marker(pytest.mark.slow)
            seen.add(test)
