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


def test_reports_of_several_levels_are_one_table(monkeypatch):
    """Two rows called `distilled`, of which a table keeps the last; BLEU in percent."""
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import runs, writing

    def report(bleu: float, *, alone: bool) -> dict:
        rows = [("teacher", 0.4), *([("alone", 0.2)] if alone else []), ("distilled", bleu)]
        rows += [("exported (int8)", bleu)]
        return {
            "measures": {"bleu": {"title": "BLEU", "unit": "points"}}
            | {"x": {"title": "perplexity", "unit": "number"}},
            "rows": [{"name": name, "scores": {"bleu": score}} for name, score in rows],
            "words": ["Distillation helped."],
        }

    joined = writing.join({"word": report(0.3, alone=True), "both": report(0.35, alone=False)})
    assert joined["words"] == ["word: Distillation helped.", "both: Distillation helped."]
    lines = runs.table([joined]).splitlines()
    names = "teacher | alone | word | word, int8 | both | both, int8"
    assert lines[0] == f"|  | {names} |"
    assert lines[2] == "| BLEU | 40.00 | 20.00 | 30.00 | 30.00 | 35.00 | 35.00 |"
    # What no model was scored by stays empty.
    assert lines[3].split("|")[2:-1] == ["  "] * 6
