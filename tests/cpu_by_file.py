"""What the files of tests cost: seconds of CPU of all threads and child processes.

The dearest are printed at the end of a long run. `TFKD_TEST_TIMES=times.tsv` keeps all of them.
"""

import os
import resource
from collections import Counter

import pytest

PRINTED = 10
_STARTED = pytest.StashKey[float]()
_SPENT = Counter()


def used() -> float:
    """The seconds of CPU of this process until now, and of its children that have ended."""
    parts = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in parts)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.stash[_STARTED] = used()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    """Reports travel from a worker to the process that prints."""
    if call.when == "teardown":
        item.user_properties.append(("cpu", used() - item.stash[_STARTED]))


def pytest_runtest_logreport(report):
    if report.when == "teardown":
        _SPENT[report.nodeid.split("::")[0]] += dict(report.user_properties).get("cpu", 0.0)


def pytest_terminal_summary(terminalreporter, config):
    if len(_SPENT) <= PRINTED or hasattr(config, "workerinput"):
        return
    total = sum(_SPENT.values())
    terminalreporter.section(f"{total:.0f} s of CPU in {len(_SPENT)} files, the dearest")
    for line in lines_of(_SPENT)[:PRINTED]:
        terminalreporter.line(line)
    if kept := os.environ.get("TFKD_TEST_TIMES"):
        with open(kept, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines_of(_SPENT))


def lines_of(spent) -> list[str]:
    """Seconds and name of each file, the dearest first."""
    return [f"{seconds:.1f}\t{name}" for name, seconds in Counter(spent).most_common()]
