"""The table: the same numbers on the screen, in Markdown and in JSON."""

import dataclasses
import io
import json

import pytest
from rich.console import Console

from tfkd.errors import UserError
from tfkd.reporting.report import Report, ScoreRow, load
from tfkd.tasks import Measure, find

NAMES = ("teacher", "alone", "distilled", "exported (int8)")
MEASURES = find("text-classification").measures


def scores(accuracy: float) -> dict:
    return {"accuracy": accuracy, "macro_f1": 0.93, "log_loss": 0.2, "ece": 0.0213}


def report(**changes) -> Report:
    rows = [ScoreRow(n, scores(0.9312 + i / 1000), megabytes=45.2) for i, n in enumerate(NAMES)]
    costs = {"agreement": 0.97, "parameters": 2_612_345, "latency_p50": 0.52}
    rows[1] = dataclasses.replace(rows[1], scores=scores(0.9), **costs)
    made = {
        "title": "films: 100 test texts",
        "rows": tuple(rows),
        "measures": MEASURES,
        "words": ("Distillation helped: +2.00 ± 0.50 points.", "It is 12 times smaller."),
        "facts": {"seed": 3, "teacher": "hf:minilm"},
    }
    return Report(**{**made, **changes})


def shown(made: Report, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, soft_wrap=True)
    made.show(console)
    return console.file.getvalue()


def test_save_and_load(tmp_path):
    """What `tfkd compare` shows of a run is what that run measured."""
    report().save(tmp_path)
    assert load(tmp_path) == report()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.json", "report.md"]
    assert json.loads((tmp_path / "report.json").read_text())["rows"][3]["parameters"] is None
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == report().markdown()


def test_no_report(tmp_path):
    with pytest.raises(UserError, match=r"holds no report\.json: give the folder of a"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rows": []}', '{"rows": [{"nme": 1}]}'])
def test_a_damaged_report(tmp_path, text):
    """Cut off by a full disk: said in one sentence, not in a traceback."""
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(UserError, match=r"report\.json is damaged"):
        load(tmp_path)


def test_a_row_by_name():
    assert report()["alone"].scores["accuracy"] == 0.9
    with pytest.raises(KeyError, match="no row 'student'; there are teacher, alone"):
        report()["student"]


def test_measures_of_another_task():
    """Spans scored in percent of nothing, or the first task's columns left empty."""
    measures = {"f1": Measure("entity F1"), "bleu": Measure("BLEU", unit="number")}
    made = report(measures=measures, rows=(ScoreRow("student", {"f1": 0.5, "bleu": 27.25}),))
    lines = [line for line in made.table().splitlines() if "%" in line or "27" in line]
    assert lines == ["| entity F1 | 50.00 % |", "| BLEU | 27.2500 |"]
    assert made.headline == "f1"


def test_the_markdown_table_is_well_formed():
    """A row with a cell too many is no table in any renderer."""
    made = report(rows=(ScoreRow("a|b", scores(0.5)), *report().rows))
    table = [line for line in made.markdown().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {7}
    assert table[1] == "| --- | ---: | ---: | ---: | ---: | ---: |"
    assert [line.split("|")[1].strip() for line in table[2:]] == [
        "accuracy",
        "macro F1",
        "log loss",
        "ECE",
        "agreement with teacher",
        "parameters",
        "MB",
        "latency p50, ms",
    ]
    assert "| accuracy | 50.00 % | 93.12 % | 90.00 % | 93.32 % | 93.42 % |" in table
    assert "| parameters |  |  | 2,612,345 |  |  |" in table
    assert made.markdown().startswith("# films: 100 test texts\n\n|")
    assert "* seed: 3\n" in made.markdown()


@pytest.mark.parametrize("width", [120, 80, 64, 40, 20])
def test_no_number_is_cut_off_on_a_narrow_console(width):
    """`2,61…` and `93.…` are not the numbers."""
    text = shown(report(), width)
    assert "…" not in text
    for number in ("93.12", "90.00", "93.42", "2,612,345", "45.20", "0.52"):
        assert number in text
    for line in report().words:
        assert line in text
    assert ("teacher\n" in text) == (width <= 40)


def test_brackets_in_a_name_are_no_markup():
    """The console would take `[red]` for a colour, and swallow it."""
    for width in (120, 20):
        text = shown(report(title="films[red]: x", words=("see [bold]",)), width)
        assert "films[red]: x" in text
        assert "see [bold]" in text
