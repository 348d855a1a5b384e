"""`@pytest.mark.slow_but_one`: the first case of a test is fast, and all others are slow.

With names of parameters, `slow_but_one("kind")`, it is the first case for each of their values.
"""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark them before pytest chooses by marks."""
    seen = set()
    for item in items:
        if mark := item.get_closest_marker("slow_but_one"):
            values = (repr(item.callspec.params[name]) for name in mark.args)
            case = (item.nodeid.partition("[")[0], *values)
            if case in seen:
                item.add_marker(pytest.mark.slow)
            seen.add(case)
