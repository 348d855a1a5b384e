"""The scripts that made the figures still run against today's package."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_script_imports(name, monkeypatch):
    """A command on a page that ends in a traceback."""
    monkeypatch.syspath_prepend(str(ROOT))
    importlib.import_module(f"benchmarks.{name}")


def test_the_task_of_the_timings_is_one(tmp_path, monkeypatch):
    """A stand-in for a task lacked what tasks had got since, and the timings could not be made."""
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed import words

    encoded = words._encoded(tmp_path, 3)
    assert len(words._targets(tmp_path, encoded)[:]["logits"]) == 3
