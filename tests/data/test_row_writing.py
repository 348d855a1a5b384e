"""Tables and JSON lines that are written record by record."""

import csv

import pytest

from tfkd.data import row_writing
from tfkd.data.row_writing import open_records
from tfkd.errors import UserError


def write(to, records):
    with open_records(to, ()) as add:
        for record in records:
            add(record)


def read(path, delimiter=","):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t")])
def test_columns_that_the_first_record_lacks_are_written(tmp_path, name, delimiter):
    """They were dropped without a word."""
    records = [
        {"id": 1, "note": "a\nb"},
        {"id": 2, "probabilities": {"bad": 0.25, "good": 0.75}, "note": "c, d"},
        {"why": ["x", "y"], "id": 3.5},
    ]
    write(tmp_path / name, records)
    rows = read(tmp_path / name, delimiter)
    assert [*rows[0]] == ["id", "note", "probabilities.bad", "probabilities.good", "why"]
    assert [row["id"] for row in rows] == ["1", "2", "3.5"]
    assert rows[0]["note"] == "a\nb"
    assert rows[1]["probabilities.good"] == "0.75"
    assert rows[1]["why"] == ""
    assert rows[2]["why"] == '["x", "y"]'


@pytest.mark.parametrize("turned", [False, True])
def test_two_values_of_one_column_are_both_written(tmp_path, turned):
    """The second one took the place of the first."""
    pairs = [("a.b", 1), ("a", {"b": 2, "c": 3}), ("x", {"y.z": 4}), ("x.y", {"z": 5})]
    write(tmp_path / "a.csv", [dict(pairs[::-1] if turned else pairs)])
    (row,) = read(tmp_path / "a.csv")
    assert (row["a.b"], row["a"]) == ("1", '{"b": 2, "c": 3}')
    whole = ("x", '{"y.z": 4}') if turned else ("x.y", '{"z": 5}')
    assert (row["x.y.z"], row[whole[0]]) == ("5" if turned else "4", whole[1])


def test_ever_further_columns_are_refused(tmp_path, monkeypatch):
    """Keys that each row has for itself: the square of the rows, and hours after the last one."""
    monkeypatch.setattr(row_writing, "MOST_FURTHER", 4)
    write(tmp_path / "a.csv", [{str(i): i for i in range(9)}] * 2)
    with pytest.raises(UserError, match=r"7 columns, and each at most 2: write a \.jsonl"):
        write(tmp_path / "a.csv", [{"id": i, "of": {f"user {i}": 1}} for i in range(9)])
    assert len(read(tmp_path / "a.csv")) == 2


def test_rows_wait_beside_the_table(tmp_path, monkeypatch):
    """The folder of temporary files is memory on many machines."""
    asked = []
    waiting = row_writing.TemporaryFile
    monkeypatch.setattr(
        row_writing, "TemporaryFile", lambda *a, **k: asked.append(k.get("dir")) or waiting(*a, **k)
    )
    write(tmp_path / "a.csv", [{"id": 1}])
    assert asked == [tmp_path]


def test_table_of_no_records_is_empty(tmp_path):
    write(tmp_path / "a.csv", [])
    assert read(tmp_path / "a.csv") == []


def test_failure_leaves_what_was_there(tmp_path):
    """Half a table in place of a whole one."""
    write(tmp_path / "a.csv", [{"id": 1}])

    def broken():
        yield {"id": 2}
        raise UserError("bad row")

    with pytest.raises(UserError, match="bad row"):
        write(tmp_path / "a.csv", broken())
    assert [row["id"] for row in read(tmp_path / "a.csv")] == ["1"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
