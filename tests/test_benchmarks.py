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


def test_a_context_is_cut_around_its_answer(monkeypatch):
    """An answer that no longer stands where it says, and each question silently left out."""
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import answers

    context = "".join(chr(0x4E00 + i) for i in range(600))
    for start in (0, 300, 597):
        right = [
            {"answer_start": start, "text": context[start : start + 3]},
            {"answer_start": 450, "text": context[450:452]},
        ]
        asked = {"id": str(start), "question": "?", "answers": right}
        article = {"paragraphs": [{"context": context, "qas": [asked]}]}
        assert answers.shorten(article) == answers.shorten(article)
        (row,) = answers.questions([answers.shorten(article)])
        assert len(row["context"]) == answers.CUT
        assert row["context"] in context
        assert row["answers"][0]["text"] == context[start : start + 3]


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


def test_the_ways_to_tune_are_one_table(tmp_path, monkeypatch):
    """Rows of a class that the test has too, or a mean without its weights."""
    import argparse
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import tuning

    rows = [{"text": f"text {n}", "intent": f"class {n % 2}"} for n in range(400)]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    options = {"data": data, "test": None, "text": "text", "label": "intent", "each": 3, "most": 0}
    folder = tuning.write_splits(argparse.Namespace(**options, to=tmp_path), seed=1)
    splits = {path.stem: tuning.read_rows(path) for path in folder.iterdir()}
    assert {name: len(split) for name, split in splits.items()} == {
        "train": 6,
        "validation": 32,
        "test": 80,
    }
    assert len({row["text"] for split in splits.values() for row in split}) == 118
    facts = {"trained": 5, "weights": 1_000, "minutes": 1.5, "peak_memory_mb": 900}
    seeds = {str(n): {"accuracy": 0.5 + n / 10, "training": facts} for n in range(3)}
    line = "| `lora:8` | 5 (0.50%) | 60.00 (50.00 to 70.00) | 1.5 | 900 |"
    assert tuning.lines({"ways": {"lora:8": seeds}})[-1] == line


def test_weights_of_four_bits_are_widened(monkeypatch):
    """The halves of a byte in the other order: an encoder that knows nothing, without a word."""
    import numpy as np

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.e5 import BLOCK, widen

    block = np.zeros(1, BLOCK)
    block["scale"], block["packed"][0, :2] = 0.5, (0x1F, 0x80)
    expected = [3.5, -4.0, *[-4.0] * 14, -3.5, 0.0, *[-4.0] * 14]
    assert widen(block).tolist() == expected
