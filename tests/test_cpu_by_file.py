"""The table of what the files of tests cost."""

from collections import Counter
from types import SimpleNamespace

import cpu_by_file


def report(name, seconds, when="teardown"):
    return SimpleNamespace(nodeid=name, when=when, user_properties=[("cpu", seconds)])


def test_seconds_are_added_by_file_and_the_dearest_come_first(monkeypatch):
    """A file of many small tests hides behind one that is slow."""
    monkeypatch.setattr(cpu_by_file, "_SPENT", Counter())
    for each in (report("a.py::x", 2.0), report("b.py::x", 1.5), report("b.py::y[1]", 1.0)):
        cpu_by_file.pytest_runtest_logreport(each)
    cpu_by_file.pytest_runtest_logreport(report("a.py::x", 2.0, when="call"))
    assert cpu_by_file.lines_of(cpu_by_file._SPENT) == ["2.5\tb.py", "2.0\ta.py"]


def test_what_was_used_grows():
    """Seconds of a wall clock say how busy the machine was."""
    before = cpu_by_file.used()
    sum(range(200_000))
    assert cpu_by_file.used() > before
