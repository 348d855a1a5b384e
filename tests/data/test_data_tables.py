"""Tables as spreadsheets, notebooks and other programs write them are read, or told apart."""

import csv
import gzip
import io

import pytest

from tfkd.data import open_data
from tfkd.errors import UserError

TEXTS = [f'plot {i}; "odd", über | und\nlänger, {i % 7}' for i in range(60)]
LABELS = ["good" if i % 2 else "bad" for i in range(60)]
PLAIN = [f"the plot, number {i}, was fine" for i in range(60)]


def table(mark=",", texts=TEXTS, quoting=csv.QUOTE_MINIMAL, end="\r\n", header=("text", "label")):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=quoting, lineterminator=end)
    writer.writerows([header, *zip(texts, LABELS, strict=False)])
    return out.getvalue()


def rows(data):
    """All rows of a data set, however it was cut, in the order of the file."""
    found = [e for split in ("train", "validation", "test") for e in data.read(split)]
    return sorted((e.text, data.labels[e.label]) for e in found)


EXPECTED = sorted(zip(TEXTS, LABELS, strict=True))
EXPECTED_PLAIN = sorted(zip(PLAIN, LABELS, strict=True))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("top", ["", "sep"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_what_separates_the_fields(tmp_path, mark, quoting, top, encoding):
    """Half of Europe's spreadsheets write a semicolon, and all of Excel's "Unicode text" UTF-16."""
    path = tmp_path / "a.csv"
    top = f"sep={mark}\r\n" if top else ""
    path.write_bytes((top + table(mark, quoting=quoting)).encode(encoding))
    assert rows(open_data(path)) == EXPECTED


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "a.csv.gz", "A.TXT"])
@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_name_does_not_decide(tmp_path, name, mark, end):
    """A semicolon in a .tsv, a tab in a .csv, and the line ends of an old Mac."""
    content = table(mark, PLAIN, end=end).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert rows(open_data(path)) == EXPECTED_PLAIN


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_excel_s_unicode_text(tmp_path, mark):
    """Line breaks in quotes, tabs, and the extension of any other text."""
    path = tmp_path / "export.txt"
    path.write_text(table(mark), encoding="utf-16", newline="")
    assert rows(open_data(path)) == EXPECTED


@pytest.mark.parametrize(
    "header",
    [("Text", "LABEL"), (" text ", "label "), ("text", "mood"), ("TEXT", "Mood")],
)
def test_names_of_columns_in_other_letters(tmp_path, header):
    """`Text` is no other column than `text`."""
    path = tmp_path / "a.csv"
    path.write_text(table(";", PLAIN, header=header), newline="")
    assert rows(open_data(path)) == EXPECTED_PLAIN


@pytest.mark.parametrize("mark", [",", ";"])
def test_empty_columns_at_the_end(tmp_path, mark):
    """What a spreadsheet keeps of cells that were deleted."""
    lines = table(mark, quoting=csv.QUOTE_ALL, texts=PLAIN).splitlines()
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{line}{mark}{mark}\n" for line in lines))
    assert rows(open_data(path)) == EXPECTED_PLAIN


def test_long_texts_at_the_start(tmp_path):
    """The first row alone is longer than what is looked at."""
    path = tmp_path / "a.csv"
    path.write_text(table(";", ["x, " * 200_000 + str(i) for i in range(3)] + PLAIN[3:]))
    assert len(rows(open_data(path))) == 60


ODD = {
    "quoted header": '"text";"label"\n' + "".join(f'"{t}";"{k}"\n' for t, k in EXPECTED_PLAIN),
    "sep in quotes": '"sep=;"\n' + table(";", PLAIN),
    "SEP": "SEP=|\n" + table("|", PLAIN),
    "blank lines": table(";", PLAIN, end="\r\n\r\n"),
    "no line end": table(";", PLAIN).rstrip(),
    "index": ";text;label\n" + "".join(f"{i};{t};{k}\n" for i, (t, k) in enumerate(EXPECTED_PLAIN)),
    "more columns": "id;text;label;date\n"
    + "".join(f"{i};{t};{k};2026\n" for i, (t, k) in enumerate(EXPECTED_PLAIN)),
    "label first": "label|text\n" + "".join(f"{k}|{t}\n" for t, k in EXPECTED_PLAIN),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_tables(tmp_path, case):
    """Each was written by some program."""
    path = tmp_path / "a.csv"
    path.write_text(ODD[case], newline="")
    assert rows(open_data(path)) == EXPECTED_PLAIN


def test_a_tab_table_with_stray_quotation_marks(tmp_path):
    """No reader of quotes may swallow rows up to the next mark."""
    lines = ["text\tlabel", '"Wow\tgood', 'she said "no\tbad', *(f"{t}\tgood" for t in PLAIN)]
    for name in ("a.csv", "a.tsv", "a.txt"):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        data = open_data(tmp_path / name)
        assert sum(data.counts.values()) == 62
        assert '"Wow' in {text for text, _ in rows(data)}


# -- without a header ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("{text}\t{label}", "text,label"),
        ("{label}\t{text}", "label,text"),
        ("{label}\t{text}", ["label", "text"]),
        ("{label};{text}", " label , text "),
        ("7|{label}|{text}", ",label,text"),
        ('"{text}","{label}"', "text,label"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_a_table_without_a_header(tmp_path, line, header, name):
    """The first row is a row."""
    path = tmp_path / name
    path.write_text("".join(line.format(text=t, label=k) + "\n" for t, k in EXPECTED_PLAIN))
    assert rows(open_data(path, header=header)) == EXPECTED_PLAIN


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("text,label,more", r"row 1 \(line 1\): 2 fields.*--header names 3 \(text, label, more\)"),
        ("text,text", "header is 'text,text': write the names .* each once"),
        (",", "header is ',': write the names"),
        ("a,b", "no columns? 'text'"),
    ],
)
def test_a_header_that_does_not_fit(tmp_path, header, message):
    """A column that slipped by one is read as another one."""
    path = tmp_path / "a.tsv"
    path.write_text("".join(f"{t}\t{k}\n" for t, k in EXPECTED_PLAIN))
    with pytest.raises(UserError, match=message):
        open_data(path, header=header)


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("{text} and so on\t{label}", "--header text,label"),
        ("{label}\t{text} and so on", "--header label,text"),
        ("{label}\t{text}", "--header label,text"),
        ("1\t{text}", "--header label,text"),
    ],
)
def test_a_missing_header_is_suspected(tmp_path, line, flag):
    """The error lists a review as the name of a column, and so can say more."""
    path = tmp_path / "a.tsv"
    path.write_text("".join(line.format(text=t, label=k) + "\n" for t, k in EXPECTED_PLAIN))
    with pytest.raises(UserError, match=f"If the first row is no header.*{flag}"):
        open_data(path)


# -- plain texts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.txt", "one, and; more\ntwo\n\nthree\n", ["one, and; more", "two", "three"]),
        ("a.txt", "text\none, and more\n\ntwo\n", ["one, and more", "two"]),
        ("a.csv", "text\none\ntwo\n", ["one", "two"]),
        ("a.csv", "text\none, and; more\n", ["one, and; more"]),
        ("a.csv", 'text\n"one, ""and"" more"\n"a\nb"\n', ['one, "and" more', "a\nb"]),
        ("a.tsv", 'text\n"one\ntwo; three\n', ['"one', "two; three"]),
        ("a.csv", "id;text\n1;one, more\n", ["one, more"]),
        ("a.json", '[{"text": "one"},\n {"text": "two"}]', ["one", "two"]),
        ("a.json", '{"text": "one"}\n{"text": "two"}\n', ["one", "two"]),
        ("a.json", '{"data": [{"text": "one"}]}', ["one"]),
        ("a.ndjson", '{"text": "one"}\n', ["one"]),
    ],
)
def test_unlabelled_texts(tmp_path, name, content, texts):
    """One text a line is the commonest file of all."""
    path = tmp_path / name
    path.write_text(content)
    data = open_data("sample", size=40, unlabelled=path)
    assert [each.text for each in data.read("unlabelled")] == texts


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3", "a.json: a JSON int; expected a list of objects"),
        ('{"text": ["x"]}\n{', "a.json, row 1: no column 'label'"),
        ('{\n"text": "x", "label": 1\n}', "a.json: a JSON dict; expected a list of objects"),
        ("[1, 2]", "a.json, row 1: a JSON int; expected an object"),
        ('[{"text": "x"}', "a.json: invalid JSON .*expected a list"),
        ("", "a.json is empty"),
    ],
)
def test_json_that_is_no_table(tmp_path, content, message):
    """JSON has many shapes."""
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        open_data(path)


# -- encodings -------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "latin-1", "utf-7", "gb18030"])
def test_an_encoding_that_is_named(tmp_path, encoding):
    """Files of UTF-8 next to it stay what they are."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_bytes(table(";").encode(encoding))
    test.write_bytes(table().encode())
    data = open_data(train, test=test, encoding=encoding)
    assert sorted({e.text for e in data.read("test")}) == sorted(TEXTS)
    assert {e.text for e in data.read("train")} <= set(TEXTS)


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (table().encode("cp1252"), None, "not UTF-8.*CSV UTF-8.*--encoding cp1252.*'über'"),
        (b"text,label\nx\x81,1\n", None, r"line 2: byte 12 \(0x81\).*--encoding cp1250"),
        (table().encode("cp1252"), "cp1251x", "encoding is 'cp1251x': write one that Python"),
        (table().encode("cp1252"), "rot13", "encoding is 'rot13'"),
        (table().encode("cp1252"), "ascii", "is not ascii: name the right one"),
        (b"PK\x03\x04 and so on", None, "a.csv is a zip file or an Excel workbook"),
        (b"PAR1 and so on", None, "a.csv is a Parquet file: name it .parquet"),
        (b"\xd0\xcf\x11\xe0 and so on", None, "an old Excel workbook: save it as"),
    ],
)
def test_bytes_that_are_no_utf8(tmp_path, content, encoding, message):
    """What to click is in the sentence."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        open_data(path, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "cure"),
    [("a.xls", "save it as .xlsx"), ("a.ods", "as CSV"), ("a.zip", "unpack"), ("a.pdf", "none of")],
)
def test_formats_that_are_not_read(tmp_path, name, cure):
    """The way out is one click away."""
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UserError, match=cure):
        open_data(tmp_path / name)


# -- columns that are not named --------------------------------------------------------------

TICKETS = "Ticket ID,Created,Customer message,Category,Agent\n" + "".join(
    f"{i},2026-01-{i % 28 + 1:02},my card number {i} has not come yet,{'card' if i % 3 else 'fee'},"
    f"{['Ann', 'Bob', 'Cid', 'Dan'][i % 4]}\n"
    for i in range(60)
)


def test_both_columns_at_once(tmp_path):
    """Two errors, one after the other, the second of which could have been told first."""
    path = tmp_path / "a.csv"
    path.write_text(TICKETS)
    with pytest.raises(UserError) as told:
        open_data(path)
    said = str(told.value)
    assert "no columns 'text' and 'label'" in said
    assert "--text-column 'Customer message' --label-column Category" in said


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"text_column": "Customer message"}, "no column 'label'.*--label-column Category"),
        ({"label_column": "Category"}, "no column 'text'.*--text-column 'Customer message'"),
        ({"text_column": "custmer message", "label_column": "Category"}, "'Customer message'"),
    ],
)
def test_one_column_that_is_missing(tmp_path, named, message):
    """A slip of the finger, or a name that nobody can guess."""
    path = tmp_path / "a.csv"
    path.write_text(TICKETS)
    with pytest.raises(UserError, match=message):
        open_data(path, **named)


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        ("comment,stars", "--text-column comment --label-column stars"),
        ("Review,Rating", "--text-column Review --label-column Rating"),
        ("text,stars", "--label-column stars"),
        ("title,mood", "--text-column title --label-column mood"),
        ("words,summary", "--text-column words --label-column summary"),
    ],
)
def test_columns_that_usually_only_accompany(tmp_path, header, flags):
    """With nothing else in the file, stars are the label and a title the text."""
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n" + "".join(f'"{t}",{i % 5 + 1}\n' for i, t in enumerate(PLAIN)))
    with pytest.raises(UserError, match=rf"By the first rows: {flags}\."):
        open_data(path)


# -- rows that cannot be used ----------------------------------------------------------------

BROKEN = table(";", PLAIN) + ";good\r\nalone\r\n  ;bad\r\na;b;c\r\n;\r\n"


def test_all_bad_rows_are_told_at_once(tmp_path):
    """One of them at each call takes as many calls as there are."""
    path = tmp_path / "a.csv"
    path.write_text(BROKEN, newline="")
    with pytest.raises(UserError) as told:
        open_data(path)
    said = str(told.value)
    assert said.startswith(f"5 of the 65 rows of {path} cannot be used: row 61 (line 62): 'text'")
    for words in ("row 62 (line 63): 1 field, separated by a semicolon", "row 65", "--skip-bad"):
        assert words in said


def test_bad_rows_are_left_out(tmp_path, caplog):
    """Counted and named, and left out of every pass."""
    path = tmp_path / "a.csv"
    path.write_text(BROKEN, newline="")
    with caplog.at_level("INFO", "tfkd"):
        data = open_data(path, skip_bad=True)
    assert rows(data) == EXPECTED_PLAIN
    assert sum(data.counts.values()) == 60
    assert data.describe()["skipped"] == {"train": 5}
    assert "skipped   5 of the 65 rows" in caplog.text
    assert "row 64 (line 65): 3 fields" in caplog.text


@pytest.mark.parametrize(
    ("name", "bad", "count"),
    [
        ("a.jsonl", '{"text": 7, "label": 1}\nnonsense\n[1]\n{"label": 1}\n{"text": "x"}\n', 5),
        ("a.jsonl", '{"text": null, "label": 1}\n{"text": "x", "label": [1]}\n', 2),
        ("a.jsonl", '{"text": "x", "label": "two\\nlines"}\n', 1),
        ("a.jsonl", "".join('{"text": " ", "label": 1}\n' for _ in range(25)), 25),
    ],
)
def test_bad_lines_of_json(tmp_path, name, bad, count, caplog):
    """The first ten are named, whatever is wrong with them."""
    good = "".join(f'{{"text": "film {i}", "label": {i % 2}}}\n' for i in range(60))
    path = tmp_path / name
    path.write_text(bad + good)
    with caplog.at_level("INFO", "tfkd"):
        data = open_data(path, skip_bad=True)
    assert sum(data.counts.values()) == 60
    assert data.describe()["skipped"] == {"train": count}
    assert caplog.text.count(", row ") + caplog.text.count(": row ") == min(count, 10)
    with pytest.raises(UserError, match=f"{count} of the|row 1: "):
        open_data(path)


def test_test_rows_without_a_label(tmp_path):
    """Left out of the test too, and not scored as a class."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text(table(texts=PLAIN))
    test.write_text(table(texts=PLAIN) + "unknown,\n")
    with pytest.raises(UserError, match=r"row 61 .*no label.*--skip-bad"):
        open_data(train, test=test)
    data = open_data(train, test=test, skip_bad=True)
    assert data.counts["test"] == len(list(data.read("test"))) == 60


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\n,1\n ,0\n", "'text' is empty.* No row of .* can be used"),
        (table(texts=PLAIN) + '"open,good\n' + "x,bad\n" * 30, "line 62.*is not closed"),
    ],
)
def test_bad_files_are_not_skipped(tmp_path, content, message):
    """All rows behind a quotation mark would be gone, and counted as one."""
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        open_data(path, skip_bad=True)


def test_a_bad_row_in_quotes_is_left_out_alone(tmp_path):
    """The rows behind it are whole."""
    path = tmp_path / "a.csv"
    path.write_text(table(texts=PLAIN, quoting=csv.QUOTE_ALL) + '"a" b,good\nlast,bad\n')
    data = open_data(path, skip_bad=True)
    assert ("last", "bad") in rows(data)
    assert data.describe()["skipped"] == {"train": 1}


# -- other data than texts with one label ----------------------------------------------------


def test_nearly_as_many_classes_as_rows(tmp_path):
    """A translation is no class, nor is a name."""
    path = tmp_path / "a.csv"
    lines = [f"{t},das ist der Satz mit der langen Nummer {i}\n" for i, t in enumerate("abc" * 20)]
    path.write_text("src,tgt\n" + "".join(lines))
    with pytest.raises(UserError, match=r"60 different values in 60 rows.*--label-column"):
        open_data(path, text_column="src", label_column="tgt")
    names = tmp_path / "names.txt"
    names.write_text("".join(line.partition(",")[2] for line in lines))
    with pytest.raises(UserError, match="too few different texts"):
        open_data(path, text_column="src", label_column="tgt", labels=names)


def test_many_classes_with_few_rows_each(tmp_path):
    """Intents with three examples each are classes."""
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"ask {i},intent {i % 40}\n" for i in range(120)))
    assert len(open_data(path).labels) == 40
