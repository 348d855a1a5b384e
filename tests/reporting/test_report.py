"""The table: the same numbers on the screen, in Markdown and in JSON."""

import io
import json

import pytest
from rich.console import Console

from tfkd.console import Voice
from tfkd.errors import UserError
from tfkd.reporting.report import Report, Row, load

NAMES = ("teacher", "alone", "distilled", "exported (int8)")
NUMBERS = {"macro_f1": 0.93, "log_loss": 0.2, "ece": 0.0213, "megabytes": 45.2}


def report(**changes) -> Report:
    rows = [Row(name, 0.9312 + i / 1000, **NUMBERS) for i, name in enumerate(NAMES)]
    rows[1] = Row("alone", 0.9, **NUMBERS, agreement=0.97, parameters=2_612_345, latency_p50=0.52)
    made = {
        "title": "films: 100 test texts",
        "rows": tuple(rows),
        "words": ("Distillation helped: +2.00 ± 0.50 points.", "It is 12 times smaller."),
        "facts": {"seed": 3, "teacher": "hf:minilm"},
    }
    return Report(**{**made, **changes})


def shown(made: Report, width: int) -> str:
    voice = Voice()
    voice.console = Console(file=io.StringIO(), width=width, highlight=False, soft_wrap=True)
    made.show(voice)
    return voice.console.file.getvalue()


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
    assert report()["alone"].accuracy == 0.9
    with pytest.raises(KeyError, match="no row 'student'; there are teacher, alone"):
        report()["student"]


def test_the_markdown_table_is_well_formed():
    """A row with a cell too many is no table in any renderer."""
    made = report(rows=(Row("a|b", 0.5, 0.5, 0.7, 0.1), *report().rows))
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
