"""Files are streamed row by row, and a bad row is named."""

import csv
import gzip
import io
import json

import pytest

from tfkd.data import open_data
from tfkd.data.rows import read_rows
from tfkd.errors import UserError

ROWS = [{"text": f'It is "{i}",\nhé {i}', "label": i % 2} for i in range(40)]


def as_jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_csv(rows):
    out = io.StringIO()
    table = csv.DictWriter(out, ["text", "label"])
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def as_tsv(rows):
    return "text\tlabel\n" + "".join(f"{row['text']}\t{row['label']}\n" for row in rows)


def write(path, content):
    content = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def fields(path):
    return [(row.fields["text"], int(row.fields["label"])) for row in read_rows(path)]


@pytest.mark.parametrize("gz", ["", ".gz"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize(("name", "form"), [("a.jsonl", as_jsonl), ("a.csv", as_csv)])
def test_every_format_gives_the_same_rows(tmp_path, name, form, bom, gz):
    """A byte order mark glued to the first key, or a quoted newline cut in two, loses rows."""
    path = write(tmp_path / (name + gz), bom + form(ROWS))
    assert fields(path) == [(row["text"], row["label"]) for row in ROWS]


def test_tsv_keeps_stray_quotation_marks(tmp_path):
    """A quoting reader would swallow all rows up to the next quotation mark."""
    path = write(tmp_path / "a.tsv", 'text\tlabel\n"Wow\t1\n"It ""is"" so"\t0\nfine\t1\r\n')
    assert fields(path) == [('"Wow', 1), ('It "is" so', 0), ("fine", 1)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv"])
def test_a_text_of_a_megabyte_passes(tmp_path, name):
    """The csv module stops at 128 KiB by default."""
    rows = [{"text": f"{i} " + "good " * 210_000, "label": i % 2} for i in range(2)]
    form = {"a.jsonl": as_jsonl, "a.csv": as_csv, "a.tsv": as_tsv}[name]
    assert [len(text) for text, _ in fields(write(tmp_path / name, form(rows)))] == [1_050_002] * 2


def test_a_packed_file_is_known_by_its_bytes(tmp_path):
    """A download that dropped `.gz` from the name still opens."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(as_jsonl(ROWS).encode()))
    assert len(fields(path)) == 40


@pytest.mark.parametrize("end", ["", "\n\n"])
def test_json_lines_whose_rows_have_lists_of_objects(tmp_path, end):
    """The first row looked like a table of its spans, and what came behind it like no JSON."""
    rows = [{"text": f"Rome {i}", "spans": [{"start": 0, "end": 4}]} for i in range(3)]
    path = write(tmp_path / "a.json", as_jsonl(rows) + end)
    assert [row.fields for row in read_rows(path)] == rows
    path = write(tmp_path / "a.json", as_jsonl(rows[:2]) + "{\n")
    with pytest.raises(UserError, match=r"a.json, row 3: invalid JSON"):
        list(read_rows(path))
    for table in (json.dumps({"data": rows}), json.dumps({"data": rows}, indent=1)):
        assert [row.fields for row in read_rows(write(tmp_path / "b.json", table))] == rows


def test_reading_streams(tmp_path):
    """The first row arrives although the third is broken: the file is not read as a whole."""
    path = write(tmp_path / "a.jsonl", as_jsonl(ROWS[:2]) + "{\n")
    stream = read_rows(path)
    assert next(stream).fields == ROWS[0]
    next(stream)
    with pytest.raises(UserError, match="row 3"):
        next(stream)


GOOD = as_jsonl(ROWS)
BAD = {
    "empty": ("", "a.jsonl is empty"),
    "blank lines": ("\n\n", "a.jsonl is empty"),
    "not json": (GOOD + "nonsense\n", "a.jsonl, row 41: invalid JSON"),
    "deep json": (GOOD + "[" * 100_000 + "\n", "a.jsonl, row 41: invalid JSON"),
    "a list": ("[\n" + GOOD, "a.jsonl, row 1: .*not one list"),
    "a number": (GOOD + "3\n", "row 41: a JSON int; expected an object"),
    "no text at all": ('{"review": "x", "label": 1}\n', "row 1: no column 'text'.*--text-column"),
    "row without text": (GOOD + '{"label": 1}\n', "a.jsonl, row 41: no 'text'"),
    "row without label": (GOOD + '{"text": "x"}\n', "a.jsonl, row 41: no 'label'.*null"),
    "text not a string": (GOOD + '{"text": 7, "label": 1}\n', r"row 41: 'text' is 7 \(int\)"),
    "text null": (GOOD + '{"text": null, "label": 1}\n', "row 41: 'text' is null"),
    "text empty": (GOOD + '{"text": "", "label": 1}\n', "row 41: 'text' is empty"),
    "text blank": (GOOD + '{"text": " \\n ", "label": 1}\n', "row 41: 'text' is empty"),
    "surrogate": (GOOD + '{"text": "a\\ud800", "label": 1}\n', "row 41: .*surrogate.* at 1"),
    "label a list": (GOOD + '{"text": "x", "label": [1]}\n', r"row 41: the label is \[1\]"),
    "label 0.5": (GOOD + '{"text": "x", "label": 0.5}\n', "row 41: the label is 0.5"),
    "label Infinity": (GOOD + '{"text": "x", "label": Infinity}\n', "row 41: the label is inf"),
    "latin-1": (GOOD.encode() + b'{"text": "caf\xe9"}', r"line 41: byte \d+ \(0xe9\) is not UTF-8"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_jsonl_names_file_and_row(tmp_path, case):
    """A row that is skipped or misread in silence changes what the model learns."""
    content, message = BAD[case]
    with pytest.raises(UserError, match=message):
        open_data(write(tmp_path / "a.jsonl", content))


BAD_TABLES = {
    "header only": ("a.csv", "text,label\n", "a.csv is empty"),
    "short row": (
        "a.csv",
        as_csv(ROWS) + "alone\n",
        r"a.csv, row 41 \(line \d+\): 1 field, separated by a comma",
    ),
    "long row": ("a.tsv", "text\tlabel\na\tb\t1\n", r"a.tsv, row 1 \(line 2\): 3 fields"),
    "loose quote": ("a.csv", 'text,label\n"a" b,1\n', "a.csv, line 2: invalid CSV"),
    "open quote": ("a.csv", 'text,label\nx,1\n"a,1\n', "a.csv, line 3: invalid CSV"),
    "column twice": ("a.csv", "text,label,text\n", "names a column twice"),
    "blank text": ("a.csv", "text,label\nx,1\n  ,0\n", r"row 2 \(line 3\): 'text' is empty"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_tables_name_file_and_row(tmp_path, case):
    """A field in the wrong column would train on labels as texts."""
    name, content, message = BAD_TABLES[case]
    with pytest.raises(UserError, match=message):
        open_data(write(tmp_path / name, content))


@pytest.mark.parametrize("cut", [5, 300, -4])
def test_truncated_gzip(tmp_path, cut):
    """Half a download must not pass for a smaller data set."""
    path = tmp_path / "a.jsonl.gz"
    rows = [{"text": f"{i} {i * i} {i**3}", "label": i % 2} for i in range(400)]
    path.write_bytes(gzip.compress(as_jsonl(rows).encode())[:cut])
    with pytest.raises(UserError, match=r"a.jsonl.gz is a damaged or truncated gzip file"):
        open_data(path)


def test_a_gzip_name_on_a_plain_file(tmp_path):
    """The cure is a sentence, not a traceback of the gzip module."""
    path = tmp_path / "a.jsonl.gz"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(UserError, match="damaged or truncated gzip"):
        open_data(path)


def test_a_file_changed_after_opening(tmp_path):
    """A label that came later has no id; it must not become one."""
    path = write(tmp_path / "a.jsonl", GOOD)
    data = open_data(path)
    write(path, '{"text": "x", "label": 7}\n' + GOOD)
    with pytest.raises(UserError, match="row 1: the label '7' was not there"):
        next(data.read("train"))
