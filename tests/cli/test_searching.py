"""`tfkd index` and `tfkd search`: rows of a file in, the nearest of them out."""

import json

import numpy as np
import pytest

pytest.importorskip("keras")

from test_predict import BARE

from tests.runtime.test_embedding import encoder, file, student  # noqa: F401 (fixtures)
from tfkd.runtime import Index

ROWS = [
    {"id": 1, "question": "a good film", "answer": "yes"},
    {"id": 2, "question": "not bad at all", "answer": "no"},
    {"id": 3, "question": "bad bad bad", "answer": "never"},
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "faq.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture(scope="module")
def made(file, rows):  # noqa: F811
    """An index, written by the command."""
    from tfkd.cli import main

    to = rows.with_name("faq.index")
    command = ["index", str(file), str(rows), "--text-column", "question", "--to", str(to)]
    assert main(command) == 0
    return to


def test_each_row_is_an_entry(made):
    assert Index.load(made).entries == ROWS


def test_the_nearest_come_first(made, file, python):  # noqa: F811
    """Without TensorFlow, as JSON."""
    printed = python(BARE, "search", made, file, "--json", "--k", "2", "a good film", "bad bad")
    found = [json.loads(line) for line in printed.splitlines()]
    assert [each["text"] for each in found] == ["a good film", "bad bad"]
    assert [each["found"][0]["entry"]["id"] for each in found] == [1, 3]
    first, second = found[0]["found"]
    assert first["score"] == pytest.approx(1, abs=1e-3)
    assert first["score"] > second["score"]


def test_lines_of_json_keep_their_other_keys(made, file, tfkd, monkeypatch):  # noqa: F811
    monkeypatch.setattr("sys.stdin", iter(['{"id": 9, "q": "a good film"}\n']))
    code, printed, said = tfkd("search", made, file, "--jsonl", "--text-column", "q")
    assert code == 0, said
    found = json.loads(printed)
    assert (found["id"], found["q"], len(found["found"])) == (9, "a good film", 3)


def test_people_read_the_rows(made, file, tfkd):  # noqa: F811
    code, printed, _ = tfkd("search", made, file, "--k", "1", "a good film")
    assert (code, printed) == (0, "a good film\n  1.0000  1 | a good film | yes\n")


def test_what_is_refused(made, file, rows, refused, finished, tmp_path):  # noqa: F811
    """A traceback, or an index that is lost."""
    before = made.read_bytes()
    assert "no folder" in refused("index", file, rows, "--to", tmp_path / "no" / "a.index")
    assert "is the file that is read" in refused("index", file, rows, "--to", rows)
    assert "text" in refused("index", file, rows, "--to", made)
    assert "gives no vectors" in refused("index", finished, rows, "--to", tmp_path / "a.index")
    key = ("--text-column", "q")
    assert "is the key of JSON objects" in refused("search", made, file, *key, "a film")
    half = tmp_path / "half.jsonl"
    half.write_text('{"id": "x\\ud800", "text": "a film"}\n')
    assert "'id' holds half a character" in refused("index", file, half, "--to", made)
    assert "k is 4" in refused("search", made, file, "--k", "4", "a film")
    assert "no file" in refused("search", tmp_path / "none.index", file, "a film")
    other = Index(np.ones((1, 8)), ["a"], model="0123").save(tmp_path / "other.index")
    assert "made with the file 0123" in refused("search", other, file, "a film")
    (tmp_path / "cut.index").write_bytes(before[:300])
    assert "damaged or cut off" in refused("search", tmp_path / "cut.index", file, "a film")
    (tmp_path / "empty.txt").write_text("\n\n")
    refused("index", file, tmp_path / "empty.txt", "--to", made)
    assert made.read_bytes() == before
