"""`tfkd predict` of a file that writes."""

import json

import pytest

pytest.importorskip("keras")
pytest.importorskip("ai_edge_litert")

from tests.runtime.writing_files import TEXTS, Writer
from tfkd.cli.typed_out import without_controls
from tfkd.runtime import load

TASK = ("--task", "tests.runtime.writing_files:Writer")


@pytest.fixture(scope="module")
def expected(writing_file):
    """What the file writes with three beams, of at most six tokens."""
    return load(writing_file.path, task=Writer()).predict(TEXTS, beams=3, longest=6)


FLAGS = ("--beams", "3", "--longest", "6")


def test_one_text_appears_on_a_terminal_as_it_is_written(writing_file, expected, tfkd, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    code, printed, _ = tfkd("predict", writing_file.path, TEXTS[0], *FLAGS, *TASK)
    assert (code, printed) == (0, f"{expected[0]}\n")
    code, printed, _ = tfkd("predict", writing_file.path, *TEXTS, *FLAGS, *TASK)
    assert [text in line for text, line in zip(expected, printed.splitlines(), strict=True)]


def test_elsewhere_it_is_a_line_of_json(writing_file, expected, tfkd, monkeypatch):
    code, printed, _ = tfkd("predict", writing_file.path, TEXTS[0], *FLAGS, *TASK)
    assert (code, json.loads(printed)) == (0, {"text": TEXTS[0], "answer": expected[0]})
    monkeypatch.setattr("sys.stdin", iter(f"{text}\n" for text in TEXTS))
    code, printed, _ = tfkd("predict", writing_file.path, "--batch-size", "4", *FLAGS, *TASK)
    assert [json.loads(line)["answer"] for line in printed.splitlines()] == expected


def test_rows_of_a_file_get_what_was_written(writing_file, expected, tfkd, tmp_path):
    (tmp_path / "a.csv").write_text("\n".join(["text", *TEXTS]))
    code, _, _ = tfkd(
        *("predict", writing_file.path, tmp_path / "a.csv", "--to", tmp_path / "b.jsonl"),
        *(*FLAGS, *TASK),
    )
    lines = (tmp_path / "b.jsonl").read_text(encoding="utf-8").splitlines()
    assert code == 0
    assert [json.loads(line)["answer"] for line in lines] == expected


def test_what_was_cut_is_told_beside_the_answers(writing_file, tfkd):
    code, printed, said = tfkd("predict", writing_file.path, "the dog sees " * 40, *TASK)
    assert code == 0
    assert set(json.loads(printed)) == {"text", "answer"}
    assert "1 of 1 texts are longer than the 24 pieces" in said


def test_settings_that_cannot_be_are_refused(writing_file, refused):
    file = writing_file.path
    assert "writes at most 20 tokens" in refused("predict", file, "a dog", "--longest", 99, *TASK)
    assert "beams is 0" in refused("predict", file, "a dog", "--beams", 0, *TASK)


def test_a_terminal_obeys_no_text():
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert without_controls(f"a\x1b[31mb\x9b1m\n{family}") == f"a[31mb1m\n{family}"


def test_bench_prints_figures_alone(writing_file, tfkd, monkeypatch, tmp_path):
    """JSON behind a line that says what was cut is no JSON."""
    from tfkd.runtime import writing_bench

    monkeypatch.setattr(writing_bench, "first_answer", lambda *given: (900.0, 80.0))
    (tmp_path / "long.txt").write_text("the dog sees " * 40)
    code, printed, said = tfkd(
        *("bench", writing_file.path, "--texts", tmp_path / "long.txt", "--json", *TASK)
    )
    assert code == 0
    assert [each["beams"] for each in json.loads(printed)] == [1, 4]
    assert "longer than the 24 pieces" in said
