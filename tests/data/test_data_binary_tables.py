"""Workbooks, Parquet, Arrow, and folders of Hugging Face's `datasets`."""

import builtins
import datetime
import json

import pytest

from tfkd.data import IGNORE, open_data
from tfkd.errors import UserError

TEXTS = [f"the plot, number {i}, was fine" for i in range(60)]


def rows(data):
    found = [e for split in ("train", "validation", "test") for e in data.read(split)]
    return sorted((e.text, data.labels[e.label]) for e in found)


# -- workbooks -------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path):
    """Write sheets of rows by title."""
    openpyxl = pytest.importorskip("openpyxl")

    def write(sheets, name="a.xlsx"):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, lines in sheets.items():
            sheet = book.create_sheet(title)
            for line in lines:
                sheet.append(line)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("labels", "names", "ids"),
    [
        (["good", "bad "], ("bad", "good"), [1, 0]),
        ([10, 2.0], ("2", "10"), [1, 0]),
        ([True, False], ("false", "true"), [1, 0]),
        (["2", 3], ("2", "3"), [0, 1]),
    ],
)
def test_a_workbook(workbook, labels, names, ids):
    """Cells are typed one by one, and a CSV of the same sheet has no types."""
    lines = [["text", "label"], *([t, labels[i % 2]] for i, t in enumerate(TEXTS))]
    data = open_data(workbook({"Sheet1": lines}))
    assert data.labels == names
    expected = {text: ids[i % 2] for i, text in enumerate(TEXTS)}
    assert {e.text: e.label for s in data.counts for e in data.read(s)} == expected


def test_what_cells_hold(workbook):
    """Numbers and dates in a column of texts are its texts; empty rows are none."""
    day = datetime.date(2026, 11, 26)
    lines = [
        ["id", "text", None, None],
        [1, 2012, None],
        [None, None],
        [2, 2.5],
        [3, day],
        [4, "a"],
    ]
    data = open_data("sample", size=40, unlabelled=workbook({"Sheet1": lines, "Empty": []}))
    assert [e.text for e in data.read("unlabelled")] == ["2012", "2.5", "2026-11-26", "a"]


def test_the_sheet_with_the_columns(workbook):
    """A sheet of notes beside it does not stop the reading."""
    lines = [["text", "label"], *([t, i % 2] for i, t in enumerate(TEXTS))]
    assert len(rows(open_data(workbook({"Notes": [["read me"]], "Data": lines})))) == 60
    with pytest.raises(UserError, match="several sheets with rows: 2025, 2026"):
        open_data(workbook({"2025": lines, "2026": lines}))


def test_a_workbook_without_a_header(workbook):
    """The first row is a row here too."""
    path = workbook({"A": [[i % 2, t] for i, t in enumerate(TEXTS)]})
    assert len(rows(open_data(path, header="label,text"))) == 60


def test_bad_rows_of_a_workbook(workbook):
    """Named by the number that Excel shows."""
    lines = [["text", "label"], *([t, i % 2] for i, t in enumerate(TEXTS)), [None, 1], [" ", 0]]
    path = workbook({"A": lines})
    with pytest.raises(UserError, match=r"2 of the 62 rows.*row 61 \(line 62\)"):
        open_data(path)
    assert len(rows(open_data(path, skip_bad=True))) == 60


@pytest.mark.parametrize("content", [b"", b"text,label\nx,1\n", b"PK\x03\x04 cut off"])
def test_no_workbook(tmp_path, content):
    """A CSV with another name, or half a download."""
    pytest.importorskip("openpyxl")
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(UserError, match="cannot be read as an Excel workbook"):
        open_data(tmp_path / "a.xlsx")


@pytest.mark.parametrize(("name", "package"), [("a.xlsx", "openpyxl"), ("a.parquet", "pyarrow")])
def test_without_the_extra(tmp_path, monkeypatch, name, package):
    """One sentence that says what to install."""
    real = builtins.__import__

    def absent(module, *rest, **more):
        if module.partition(".")[0] == package:
            raise ImportError(module)
        return real(module, *rest, **more)

    (tmp_path / name).write_bytes(b"x")
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UserError, match=rf"needs {package}: run `pip install .tfkd\[tables\]"):
        open_data(tmp_path / name)


# -- Parquet and Arrow -----------------------------------------------------------------------


def arrow_table(labels, names=(), texts=TEXTS, column="label"):
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"idx": list(range(len(texts))), "text": texts, column: labels})
    if not names:
        return table
    feature = {"names": list(names), "_type": "ClassLabel"}
    return table.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": {column: feature}}})}
    )


def write_arrow(table, path, stream=True):
    import pyarrow as pa

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path)
        return path
    kind = pa.ipc.new_stream if stream else pa.ipc.new_file
    with pa.OSFile(str(path), "wb") as file, kind(file, table.schema) as writer:
        writer.write_table(table)
    return path


@pytest.mark.parametrize("kind", ["a.parquet", "a.arrow", "file.arrow"])
@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["good", "bad"], ("bad", "good")),
        ([1.0, 10.0], ("1", "10")),
        ([True, False], ("false", "true")),
        ([3, None], None),
    ],
)
def test_columnar_files(tmp_path, kind, labels, names):
    """Their types are those of the labels, and integers beside nulls are floats."""
    table = arrow_table([labels[i % 2] for i in range(60)])
    path = write_arrow(table, tmp_path / kind, stream=kind != "file.arrow")
    if names is None:
        with pytest.raises(UserError, match="one class only"):
            open_data(path)
        return
    data = open_data(path)
    assert data.labels == names
    assert len(rows(data)) == 60


@pytest.mark.parametrize("kind", ["a.parquet", "a.arrow"])
def test_class_names_inside(tmp_path, kind):
    """Ids without their names lose what every answer is called."""
    path = write_arrow(
        arrow_table([i % 3 for i in range(60)], ["zoo", "bee", "ant"]), tmp_path / kind
    )
    data = open_data(path)
    assert data.labels == ("zoo", "bee", "ant")
    named = {t: data.labels[i % 3] for i, t in enumerate(TEXTS)}
    assert dict(rows(data)) == named


def test_a_test_file_of_another_format(tmp_path):
    """True of a notebook, and `True` of its CSV."""
    train = write_arrow(arrow_table([i % 2 == 0 for i in range(60)]), tmp_path / "a.parquet")
    test = tmp_path / "test.csv"
    test.write_text("text,label\nx,True\ny,FALSE\nz,true\n")
    assert [e.label for e in open_data(train, test=test).read("test")] == [1, 0, 1]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_damaged_columnar_files(tmp_path, name):
    """Half a download, or another format under this name."""
    path = write_arrow(arrow_table([i % 2 for i in range(60)]), tmp_path / name)
    whole = path.read_bytes()
    for content in (b"", b"text,label\n", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=f"cannot be read as {path.suffix}|is empty"):
            open_data(path)


# -- folders ---------------------------------------------------------------------------------


def save_to_disk(folder, table, info=None):
    """Write what `Dataset.save_to_disk` does."""
    write_arrow(table, folder / "data-00000-of-00001.arrow")
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": None}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text(json.dumps({"features": info or {}}))


CLASSES = {"label": {"names": ["zoo", "ant"], "_type": "ClassLabel"}}


@pytest.mark.parametrize("info", [CLASSES, {}])
def test_a_saved_data_set_of_splits(tmp_path, info):
    """Splits by Hugging Face's names, and the names of the classes."""
    table = arrow_table([i % 2 for i in range(60)], () if info else ("zoo", "ant"))
    for split in ("train", "validation", "test"):
        save_to_disk(tmp_path / split, table, info)
    unlabelled = arrow_table([-1] * 60)
    save_to_disk(tmp_path / "unsupervised", unlabelled, info)
    (tmp_path / "dataset_dict.json").write_text(
        '{"splits": ["train", "validation", "test", "unsupervised"]}'
    )
    data = open_data(tmp_path)
    assert data.labels == ("zoo", "ant")
    assert data.counts == dict.fromkeys(("train", "validation", "test", "unlabelled"), 60)
    assert [e.label for e in data.read("unlabelled")] == [IGNORE] * 60


def test_a_saved_data_set_of_one_split(tmp_path):
    """Cut as any file is."""
    save_to_disk(tmp_path, arrow_table([i % 2 for i in range(60)]), CLASSES)
    data = open_data(tmp_path)
    assert set(data.counts) == {"train", "validation", "test"}
    assert len(rows(data)) == 60


def test_a_saved_data_set_that_is_not_whole(tmp_path):
    """A shard that was not copied is a part of the data."""
    save_to_disk(tmp_path, arrow_table([i % 2 for i in range(60)]))
    (tmp_path / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(UserError, match=r"is not whole: it lacks .*data-00000-of-00001.arrow"):
        open_data(tmp_path)


@pytest.mark.parametrize("inner", ["", "data", "plain_text"])
def test_a_repository_of_shards(tmp_path, inner):
    """Parts of a split follow each other."""
    folder = tmp_path / inner
    for i in range(3):
        part = arrow_table([j % 2 for j in range(20)], ("no", "yes"), TEXTS[20 * i : 20 * i + 20])
        write_arrow(part, folder / f"train-0000{i}-of-00003-a1b2.parquet")
    write_arrow(arrow_table([0] * 60), folder / "test-00000-of-00001.parquet")
    (tmp_path / "README.md").write_text("a card")
    data = open_data(tmp_path)
    assert data.counts["test"] == 60
    assert data.counts["train"] + data.counts["validation"] == 60
    assert data.labels == ("no", "yes")


def test_several_data_sets_in_a_repository(tmp_path):
    """One of them must not be taken by chance."""
    for name in ("en", "fr"):
        write_arrow(arrow_table([0] * 60), tmp_path / name / "train-00000-of-00001.parquet")
    with pytest.raises(UserError, match=r"several data sets: en, fr. Give the folder of one"):
        open_data(tmp_path)


def test_a_folder_of_mixed_files(tmp_path):
    """Splits need not have one format."""
    write_arrow(arrow_table([i % 2 for i in range(60)]), tmp_path / "train.parquet")
    (tmp_path / "test.csv").write_text("text;label\nx, y;1.0\nz;0\n")
    assert open_data(tmp_path).counts["test"] == 2


def test_files_that_name_their_classes_otherwise(tmp_path):
    """A class was missing in the test file, and each of its ids was the class before it."""
    labels = [i % 3 for i in range(60)]
    train = write_arrow(arrow_table(labels, ["angry", "calm", "happy"]), tmp_path / "a.parquet")
    few = arrow_table([1, 0], ["angry", "happy"], texts=["i love it", "i hate it"])
    test = write_arrow(few, tmp_path / "b.parquet")
    with pytest.raises(UserError, match=r"b.parquet angry, happy, so their ids mean different"):
        open_data(train, test=test)
    same = arrow_table([2, 0], ["angry", "calm"], texts=["i love it", "i hate it"])
    data = open_data(train, test=write_arrow(same, tmp_path / "c.parquet"))
    assert data.labels == ("angry", "calm", "happy")
