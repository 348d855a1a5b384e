"""Several labels a text, as files write them."""

import json

import pytest

from tfkd import UserError
from tfkd.data import open_data
from tfkd.tasks import find

LABELS = [["joy"], ["joy", "love"], [], ["fear"], ["fear", "love"]]


def opened(path, **options):
    return open_data(path, reader=find("multi-label-classification"), **options)


def chosen(data, split="train"):
    """The labels of each text by name."""
    return {
        example["text"]: None
        if example["label"] is None
        else [data.labels[i] for i in example["label"]]
        for part in ({split} if split != "train" else data.counts)
        for example in data.read(part)
    }


def expected(count=40):
    return {f"text {i}": sorted(LABELS[i % 5]) for i in range(count)}


def write_table(path, cells, header="text,label"):
    lines = [header, *(f"text {i},{cell}" for i, cell in enumerate(cells))]
    path.write_text("\n".join(lines) + "\n")
    return path


def quoted(value):
    return '"' + value.replace('"', '""') + '"'


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda labels: "|".join(labels) or "[]", id="bars"),
        pytest.param(lambda labels: " | ".join(labels) or "[]", id="bars and blanks"),
        pytest.param(lambda labels: ";".join(labels) or "[]", id="semicolons"),
        pytest.param(lambda labels: quoted(", ".join(labels) or "[]"), id="commas"),
        pytest.param(lambda labels: quoted(json.dumps(labels)), id="JSON"),
        pytest.param(lambda labels: quoted(str(labels)), id="as Python prints it"),
    ],
)
def test_tables_hold_several_labels_in_one_cell(spell, tmp_path):
    path = write_table(tmp_path / "t.csv", [spell(LABELS[i % 5]) for i in range(40)])
    data = opened(path)
    assert data.labels == ("fear", "joy", "love")
    assert chosen(data) == expected()


def test_jsonl_holds_lists_and_null_is_no_empty_list(tmp_path):
    rows = [{"text": f"text {i}", "labels": LABELS[i % 5], "id": i} for i in range(40)]
    rows += [{"text": "who knows", "labels": None, "id": 40}]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert chosen(opened(path)) == {**expected(), "who knows": None}


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("true", "False"), ("1.0", "0.0")])
def test_a_column_for_each_label(yes, no, tmp_path):
    names = ("joy", "love", "fear")
    cells = [",".join(yes if n in LABELS[i % 5] else no for n in names) for i in range(40)]
    path = write_table(tmp_path / "t.csv", cells, f"text,{','.join(names)}")
    data = opened(path, label_column="joy, love,fear")
    assert data.labels == ("fear", "joy", "love")
    assert chosen(data) == expected()


def test_names_with_commas_stay_whole_where_parts_do_not_repeat(tmp_path):
    cells = [quoted(("Health, Beauty", "Toys, Games")[i % 2]) for i in range(40)]
    data = opened(write_table(tmp_path / "t.csv", cells))
    assert data.labels == ("Health, Beauty", "Toys, Games")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (quoted("['joy' 'love']"), "are no list"),
        (quoted('[["joy"]]'), "is among the labels"),
        (quoted('["joy", null]'), "is among the labels"),
        (quoted("[joy"), None),
    ],
)
def test_what_is_no_list_of_labels_is_refused_by_row(cell, says, tmp_path):
    path = write_table(tmp_path / "t.csv", [*["joy|love", "love"] * 15, cell])
    if says is None:
        assert "[joy" in opened(path).labels
        return
    with pytest.raises(UserError, match=says) as error:
        opened(path)
    assert "row 31" in str(error.value)


def test_columns_of_something_else_than_0_and_1_are_refused_by_row(tmp_path):
    path = write_table(tmp_path / "t.csv", ["1,0", "0,maybe"] * 15, "text,joy,fear")
    with pytest.raises(UserError, match=r"row 2 .*'fear' is 'maybe'"):
        opened(path, label_column="joy,fear")
    with pytest.raises(UserError, match="no column 'love'"):
        opened(path, label_column="joy,love")


@pytest.mark.parametrize(
    "cells",
    [
        ["plot|acting", "acting|music", "plot|music", "plot"] * 10,
        ["a;b", "b;c", "a", "c"] * 10,
        [quoted("joy, love"), quoted("love, fear"), "joy", "fear"] * 10,
    ],
)
def test_one_class_a_text_does_not_take_several_labels_for_a_class_of_each(cells, tmp_path):
    path = write_table(tmp_path / "t.csv", cells)
    with pytest.raises(UserError, match=r"several labels of one text.*--form multilabel"):
        open_data(path, reader=find("text-classification"))
    names = tmp_path / "names.json"
    names.write_text(json.dumps(sorted({cell.strip('"') for cell in cells})))
    data = open_data(path, reader=find("text-classification"), labels=names)
    assert len(data.labels) == 4


def test_lists_and_columns_name_the_form_that_reads_them(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(
        "".join(json.dumps({"text": f"t {i}", "label": ["a"]}) + "\n" for i in range(9))
    )
    with pytest.raises(UserError, match="--form multilabel"):
        open_data(path, reader=find("text-classification"))
    table = write_table(tmp_path / "t.csv", ["1,0"] * 30, "text,joy,fear")
    with pytest.raises(UserError, match="--form multilabel"):
        open_data(table, reader=find("text-classification"), label_column="joy,fear")
