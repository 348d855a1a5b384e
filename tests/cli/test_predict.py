"""`tfkd predict`: a file, a run's folder, texts as arguments or lines, without TensorFlow."""

import csv
import json

import pytest

# Runs `tfkd ARGUMENTS` and fails if TensorFlow was imported on the way.
LIGHT = """
import sys
from tfkd import cli
code = cli.main(sys.argv[1:])
heavy = {"tensorflow", "keras", "tf_keras"} & set(sys.modules)
assert not heavy, heavy
sys.exit(code)
"""
# Runs it where nothing is installed but what a device has.
BARE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {"tensorflow", "keras", "tf_keras", "rich", "tomli_w", "safetensors", "filelock",
                    "huggingface_hub", "scipy", "sklearn", "transformers"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from tfkd import cli
sys.exit(cli.main(sys.argv[1:]))
"""
TEXTS = ("a film I will not forget", "dull from the first minute on")


def test_without_tensorflow(finished, python):
    """A phone's file that needs 600 MB of TensorFlow to be tried out."""
    printed = python(LIGHT, "predict", finished / "student.tflite", *TEXTS)
    lines = printed.splitlines()
    assert [line.split()[2:] for line in lines] == [text.split() for text in TEXTS]
    for line in lines:
        assert line.split()[0] in ("negative", "positive")
        assert 0.5 <= float(line.split()[1]) <= 1


def test_a_device_has_numpy_tokenizers_and_litert(finished, python):
    """A command that prints one line, and needs a library for coloured tables."""
    arguments = ("predict", finished / "student.tflite", *TEXTS)
    assert python(BARE, *arguments) == python(LIGHT, *arguments)


def test_lines_of_stdin_as_json(finished, python):
    """A pipeline that cannot read what it gets."""
    printed = python(LIGHT, "predict", finished, "--json", input="\n".join(TEXTS) + "\n")
    found = [json.loads(line) for line in printed.splitlines()]
    assert [each["text"] for each in found] == list(TEXTS)
    for each in found:
        assert set(each["probabilities"]) == {"negative", "positive"}
        assert each["probability"] == max(each["probabilities"].values())
        assert sum(each["probabilities"].values()) == pytest.approx(1)


def test_it_predicts_what_the_student_does(finished, tfkd):
    """Another tokenizer or another order of the classes in the file than in training."""
    import keras
    import numpy as np

    from tfkd import text

    ids = np.array([text.load(finished).encode(TEXTS[0])])
    logits = np.asarray(keras.models.load_model(finished / "student.keras", compile=False)(ids))[0]
    expected = np.exp(logits) / np.exp(logits).sum()
    code, printed, _ = tfkd("predict", finished, "--json", TEXTS[0])
    found = json.loads(printed)["probabilities"]
    assert code == 0
    assert list(found) == ["negative", "positive"]
    assert list(found.values()) == pytest.approx(expected.tolist(), abs=0.01)


def test_a_text_of_a_megabyte(finished, tfkd):
    """A long text that takes the program down."""
    code, printed, _ = tfkd("predict", finished, "good " * 200_000)
    assert code == 0
    assert len(printed) < 200


def test_an_empty_text_is_refused(finished, refused):
    """A confident verdict on nothing."""
    assert "empty" in refused("predict", finished, "")
    assert "at least one word" in refused("predict", finished, "good", " ")


def test_a_line_that_is_not_utf8_is_told_by_its_number(finished, refused, monkeypatch):
    """One bad line among thousands, and nobody knows which."""
    import io

    stdin = io.TextIOWrapper(io.BytesIO(b"good\ncaf\xe9\n"), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", stdin)
    assert "not UTF-8 (byte 0xe9" in refused("predict", finished)


@pytest.mark.parametrize("batch", ["1", "2", "8"])
def test_blank_lines_have_blank_answers(finished, tfkd, monkeypatch, batch):
    """A million lines that end at the first blank one."""
    lines = ["\n", "good\n", "  \n", "\n", "bad\n"]
    monkeypatch.setattr("sys.stdin", iter(lines))
    code, printed, _ = tfkd("predict", finished, "--batch-size", batch)
    assert code == 0
    assert [bool(line) for line in printed.splitlines()] == [False, True, False, False, True]
    monkeypatch.setattr("sys.stdin", iter(lines))
    code, printed, _ = tfkd("predict", finished, "-", "--json", "--batch-size", batch)
    found = [json.loads(line) for line in printed.splitlines()]
    assert [each["text"].strip() for each in found] == ["", "good", "", "", "bad"]
    assert [each["label"] is None for each in found] == [True, False, True, True, False]
    assert len({tuple(each) for each in found}) == 1


@pytest.mark.parametrize("nothing", ['""', "null", '" "'])
def test_json_without_a_text_has_no_answer(finished, tfkd, monkeypatch, nothing):
    """The line is there, so that rows and answers still belong together."""
    lines = [f'{{"id": 1, "text": {nothing}}}\n', '{"id": 2, "text": "good", "label": "x"}\n']
    monkeypatch.setattr("sys.stdin", iter(lines))
    code, printed, _ = tfkd("predict", finished, "--jsonl")
    found = [json.loads(line) for line in printed.splitlines()]
    assert code == 0
    assert [(each["id"], each["probability"] is None) for each in found] == [(1, True), (2, False)]
    assert found[1]["label"] == "x"
    assert found[1]["predicted_label"] in ("negative", "positive")


# -- files -----------------------------------------------------------------------------------


def table(path, rows, header=("id", "review"), mark=","):
    import csv

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=mark)
        writer.writerows([header, *rows] if header else rows)
    return path


ROWS = [(7, "good, really"), (8, ""), (9, "a film that I will not forget")]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("to", ["out.csv", "out.jsonl"])
def test_a_table_with_its_answers(finished, tfkd, tmp_path, mark, to):
    """The name of a file was answered as if it were a review."""
    import csv

    path = table(tmp_path / "reviews.csv", ROWS, mark=mark)
    code, printed, _ = tfkd("predict", finished, path, "--text-column", "review", "--to", to)
    assert (code, "3 rows, 1 of them without a text" in printed) == (0, True)
    if to.endswith("l"):
        found = [json.loads(line) for line in (tmp_path / to).read_text().splitlines()]
    else:
        with (tmp_path / to).open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.DictReader(file))
        assert float(found[0]["probabilities.positive"]) <= float(found[0]["probability"])
    assert [(int(each["id"]), each["review"]) for each in found] == ROWS
    assert [each["label"] or "" for each in found][1] == ""
    assert {each["label"] for each in found} - {"", None} <= {"negative", "positive"}
    assert tfkd("predict", finished, path, "--text-column", "review", "--to", path)[0] == 2
    assert path.read_text().startswith(f"id{mark}review")


def test_an_answer_has_one_name_in_all_rows(finished, tfkd, tmp_path):
    """The label of one row and the answer to another in one column, as if both were the same."""
    (tmp_path / "a.jsonl").write_text('{"text": "good"}\n')
    (tmp_path / "b.jsonl").write_text('{"text": "bad"}\n{"text": "good", "label": "kept"}\n')
    for to in ("c.jsonl", "c.csv"):
        assert tfkd("predict", finished, "a.jsonl", "b.jsonl", "--to", to)[0] == 0
    lines = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    with (tmp_path / "c.csv").open(newline="", encoding="utf-8-sig") as stream:
        rows = [*csv.DictReader(stream)]
    for found in (lines, rows):
        assert [each.get("label") or "" for each in found] == ["", "", "kept"]
        assert all(each["predicted_label"] in ("negative", "positive") for each in found)


@pytest.mark.parametrize(
    ("name", "content", "arguments", "count"),
    [
        ("a.txt", "good\n\nbad, very\n", (), 3),
        ("a.csv", "Text\ngood\nbad\n", (), 2),
        ("a.tsv", "1\tgood\n0\tbad\n", ("--header", "id,text"), 2),
        ("a.jsonl", '{"text": "good"}\n{"text": ""}\n', (), 2),
        ("a.csv", "text\tx\ncaf\u00e9\t1\n", ("--encoding", "cp1252"), 1),
        ("a.csv", "text;x\ngood;1;2\nbad;1\n", ("--skip-bad",), 1),
    ],
)
def test_files_of_all_kinds(finished, tfkd, tmp_path, name, content, arguments, count):
    """What `distill` reads, `predict` reads too."""
    encoding = "cp1252" if "cp1252" in arguments else "utf-8"
    (tmp_path / name).write_text(content, encoding=encoding)
    code, printed, said = tfkd("predict", finished, name, "--json", *arguments)
    assert (code, len(printed.splitlines())) == (0, count), said
    assert all("label" in json.loads(line) for line in printed.splitlines())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.csv",), "there is no file missing.csv"),
        (("a.csv", "good"), "a.csv is a file and 'good' a text"),
        (("a.csv",), "no column 'text'; it has 'id', 'review'. Name the text column with --text"),
        (("a.csv", "--text-column", "review", "--to", "a.pdf"), "ends in .csv, .tsv, .jsonl"),
        (("a.csv", "--text-column", "review", "--to", "no/a.csv"), "there is no folder no"),
        (("good", "--to", "b.csv"), "--to writes the answers of a file"),
        (("b.csv",), "2 of the 3 rows of b.csv cannot be used: row 1 (line 2): 2 fields"),
        (("c.docx",), "c.docx is none of .jsonl"),
        (("a.csv", "--pair", "good", "bad"), "--pair gives two texts, and a.csv is a file"),
        (("good", "--text-column", "review"), "--text-column is about the rows of a file"),
        (("good", "--jsonl", "--column", "text=review"), "--column is about the rows of a file"),
        (("good", "--header", "a,b"), "--header is about the rows of a file"),
        (("good", "--encoding", "latin-1"), "--encoding is about the rows of a file"),
        (("good", "--skip-bad"), "--skip-bad is about the rows of a file"),
        (("a \udcff film",), "text 1: 'text' holds half a character"),
        (
            ("a.csv", "--text-column", "review", "--to", "d.csv", "--json"),
            "--json prints the answers, and --to writes them to d.csv",
        ),
        (("a.csv", "--to", "d.csv", "--jsonl"), "--jsonl prints the answers, and --to writes"),
    ],
)
def test_files_that_cannot_be_answered(finished, refused, tmp_path, arguments, words):
    """Told before the first answer."""
    table(tmp_path / "a.csv", ROWS)
    (tmp_path / "b.csv").write_text(
        "text\tx\ngood\t1\n".replace("\tx", "\tx\ty") + "b\t1\nc\t1\t1\n"
    )
    (tmp_path / "c.docx").write_bytes(b"x")
    assert words in refused("predict", finished, *arguments)
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["a.csv", "b.csv"]


def test_files_that_are_no_classifier(finished, copy, refused, tmp_path):
    """An interpreter's words, or a wrong answer, from a damaged file."""
    whole = (finished / "student.tflite").read_bytes()
    file = tmp_path / "broken.tflite"
    assert "no file" in refused("predict", file, "a")
    for content in (b"", b"a text", whole[:100], whole[: len(whole) // 2], whole[:-1]):
        file.write_bytes(content)
        assert str(file) in refused("predict", file, "a"), len(content)
    (copy / "student.tflite").unlink()
    assert "student.tflite" in refused("predict", copy, "a")


def test_a_tflite_without_a_vocabulary(finished, refused, tmp_path):
    """A file from elsewhere that is taken for ours."""
    import zipfile

    whole = (finished / "student.tflite").read_bytes()
    with zipfile.ZipFile(finished / "student.tflite") as packed:
        start = min(each.header_offset for each in packed.infolist())
    file = tmp_path / "bare.tflite"
    file.write_bytes(whole[:start])
    assert "no vocabulary inside" in refused("predict", file, "a")


def test_json_lines_keep_what_they_hold(finished, python):
    """Answers that nobody can join to the rows they belong to."""
    rows = [{"id": i, "review": text} for i, text in enumerate(TEXTS * 3)]
    given = "\n".join(map(json.dumps, rows)) + "\n"
    arguments = ("--jsonl", "--text-column", "review", "--batch-size", "4", "--threads", "2")
    printed = python(LIGHT, "predict", finished, *arguments, input=given)
    found = [json.loads(line) for line in printed.splitlines()]
    assert [{key: each[key] for key in ("id", "review")} for each in found] == rows
    assert found[0]["probabilities"] == pytest.approx(found[2]["probabilities"], abs=1e-5)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is not JSON"),
        ("[1]", "has no text"),
        ('{"body": "x"}', "name the column with --text"),
    ],
)
def test_a_wrong_line_is_told_by_number(finished, tfkd, line, words, monkeypatch):
    """A million lines, one of which is wrong."""
    monkeypatch.setattr("sys.stdin", iter(['{"text": "good"}\n', f"{line}\n"]))
    code, printed, said = tfkd("predict", finished, "--jsonl")
    assert code == 2
    assert "line 2 of stdin" in said
    assert words in said
    assert json.loads(printed)["text"] == "good"


HALF = '{"id": "x\\ud800", "text": "good"}'
DEEP = '{"id": ' + "[" * 50_000 + "]" * 50_000 + ', "text": "good"}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (HALF, "'id' holds half a character"),
        ('{"tags": {"a": ["x\\ud800"]}, "text": "good"}', "'tags' holds half a character"),
        ('{"\\ud800": 1, "text": "good"}', "'\\ud800' holds half a character"),
        ('{"id": "x\\ud800", "text": ""}', "'id' holds half a character"),
        (DEEP, "JSON (maximum recursion depth"),
    ],
    ids=["beside the text", "within lists", "as a name", "without a text", "lists within lists"],
)
def test_what_no_line_can_hold_is_told_before_it_is_written(
    finished, refused, tmp_path, monkeypatch, line, words
):
    """A traceback from an output that is half written."""
    (tmp_path / "a.jsonl").write_text(f"{line}\n")
    for to in ("b.jsonl", "b.csv"):
        said = refused("predict", finished, "a.jsonl", "--to", to)
        assert words in said
        assert "a.jsonl, row 1" in said
    monkeypatch.setattr("sys.stdin", iter([f"{line}\n"]))
    assert words in refused("predict", finished, "--jsonl")
    assert [path.name for path in tmp_path.glob("b.*")] == []


def test_lists_within_lists_that_are_read_and_cannot_be_written():
    """What JSON reads down to a depth that it does not write."""
    from tfkd.data.record_values import check_values
    from tfkd.errors import UserError

    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(UserError, match="row 7: 'id' holds lists within lists"):
        check_values({"id": value}, "row 7")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"a caf\xe9\n", "is not UTF-8 (byte 0xe9 at 5)"),
        (b" \n\n", "has no texts"),
    ],
)
def test_texts_to_time_that_cannot_be_read(finished, refused, tmp_path, content, words):
    """A traceback; blank lines timed as texts."""
    if content is not None:
        (tmp_path / "texts.txt").write_bytes(content)
    assert words in refused("bench", finished, "--texts", "texts.txt")


def test_no_texts_at_a_time(finished, tfkd):
    """Silence for an answer."""
    code, _, said = tfkd("predict", finished, "good", "--batch-size", "0")
    assert code == 2
    assert "batch_size is 0: write at least 1" in said


def test_a_table_that_was_answered_before_keeps_its_answers(finished, tfkd, tmp_path):
    """Columns of two answers by the same name, of which the last one stays."""
    import csv

    table(tmp_path / "a.csv", [("a good film",)], ("text",))
    assert tfkd("predict", finished, "a.csv", "--to", "b.csv")[0] == 0
    assert tfkd("predict", finished, "b.csv", "--to", "c.csv")[0] == 0
    first, second = (
        next(csv.DictReader((tmp_path / name).read_text(encoding="utf-8-sig").splitlines()))
        for name in ("b.csv", "c.csv")
    )
    assert first.items() <= second.items()
    assert second["predicted_probabilities.positive"] == first["probabilities.positive"]
