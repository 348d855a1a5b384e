"""Pairs of texts go the whole way: from a table with both columns to answers of a file."""

import csv
import json
import random
import shutil

import pytest

from tfkd import tasks

WORDS = ("film", "cast", "plot", "score", "scene", "light", "sound", "voice")
COLUMNS = ("--text-column", "premise,hypothesis")
STUDENT = ("--student", "bag_of_ngrams:tiny", "--vocab-size", "200", "--max-length", "32")


def rows(count=300):
    """Two lists of words that are the same, or not."""
    draw = random.Random(0)
    for number in range(count):
        words = draw.sample(WORDS, 4)
        same = bool(number % 2)
        others = words if same else draw.sample(WORDS, 4)
        yield {
            "premise": f"it has {' '.join(words)} {number}",
            "hypothesis": f"there is {' '.join(others)} in it",
            "label": "same" if same else "other",
        }


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "nli.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["premise", "hypothesis", "label"])
        writer.writeheader()
        writer.writerows(rows())
    return path


@pytest.fixture(scope="module")
def run_folder(table, tmp_path_factory):
    from run_fixtures import call, short_teachers

    folder = tmp_path_factory.mktemp("pairs") / "run"
    teacher = ("--teacher", "train:bag_of_ngrams:tiny", "--epochs", "2")
    with pytest.MonkeyPatch.context() as patch:
        short_teachers(patch)
        patch.chdir(folder.parent)
        assert call("distill", str(table), *COLUMNS, *STUDENT, *teacher, "--to", str(folder)) == 0
    return folder


@pytest.fixture
def run(run_folder, tmp_path):
    return shutil.copytree(run_folder, tmp_path / "run")


def test_a_run_keeps_that_it_is_one_of_pairs(run):
    settings = (run / "config.toml").read_text()
    assert "pair = true" in settings
    assert 'text_column = "premise,hypothesis"' in settings
    report = json.loads((run / "report.json").read_text())
    assert report["rows"][0]["name"] == "teacher"
    assert '"text_pair": ...' in (run / "README.md").read_text()


@pytest.mark.usefixtures("workplace")
def test_answers_to_a_pair_by_flags_lines_and_json(tfkd, refused, run, monkeypatch):
    import io

    file, pair = str(run / "student.tflite"), ("it has film cast", "there is film cast in it")

    def say(*arguments, lines=None):
        if lines is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        code, printed, said = tfkd("predict", file, *arguments)
        assert code == 0, said
        return [json.loads(line)["probabilities"] for line in printed.splitlines()]

    once = say("--json", "--pair", *pair)
    assert say("--json", lines="\t".join(pair) + "\n") == once
    record = dict(zip(("text", "text_pair"), pair, strict=True))
    assert say("--jsonl", lines=json.dumps(record) + "\n") == once
    record = dict(zip(("premise", "hypothesis"), pair, strict=True))
    assert say("--jsonl", *COLUMNS, lines=json.dumps(record) + "\n") == once
    assert len(say("--json", "--pair", *pair, "--pair", *pair)) == 2

    assert "--pair" in refused("predict", file, "one text")
    monkeypatch.setattr("sys.stdin", io.StringIO("no tab here\n"))
    assert "line 1 of stdin has 0 tabs" in refused("predict", file)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "a film"}\n'))
    assert "--text-column A,B" in refused("predict", file, "--jsonl")


@pytest.mark.usefixtures("workplace")
def test_other_files_timings_and_the_page(tfkd, refused, run):
    assert tfkd("compare", str(run))[0] == 0
    code, _, said = tfkd("compare", str(run), "--html", "page.html", "--texts", "30")
    assert code == 0, said
    assert tfkd("bench", str(run / "student.tflite"), "--json")[0] == 0
    for to in ("small.keras", "saved", "small.onnx"):
        code, _, said = tfkd("export", str(run), "--to", to)
        assert code == 0, said
    assert "reads pairs" in refused("export", str(run), "--client", "mediapipe")
    assert "reads pairs" in refused("export", str(run), "--to", "texts", "--tokenizer")


@pytest.mark.usefixtures("workplace")
def test_what_is_cached_is_found_by_the_run(tfkd, table, run):
    """A run that computes nothing of the teacher again, augmented pairs aside."""
    teacher = ("--teacher", f"keras:{run / 'teacher'}")
    code, _, said = tfkd("cache", str(table), *COLUMNS, *teacher)
    assert code == 0, said
    more = ("--epochs", "1", "--no-alone", "--quantize", "float32")
    code, printed, said = tfkd("distill", str(table), *COLUMNS, *STUDENT, *teacher, *more)
    assert code == 0, said
    assert "examples to compute" not in printed
    # Both texts are in it, and half of the copies change each.
    code, printed, said = tfkd(
        *("distill", str(table), *COLUMNS, *STUDENT, *teacher, *more, "--augment", "2")
    )
    assert code == 0, said


@pytest.mark.usefixtures("workplace")
def test_a_teacher_of_pairs_is_taught(tfkd, table, tmp_path):
    short = ("--vocab-size", "200", "--max-length", "32", "--epochs", "1")
    teacher = ("--teacher", "train:ngram_cnn:tiny", "--to", "teacher")
    code, _, said = tfkd("teach", str(table), *COLUMNS, *teacher, *short)
    assert code == 0, said
    from tfkd import load_teacher

    task = tasks.find("", {"pair": True})
    taught = load_teacher(f"keras:{tmp_path / 'teacher'}", task=task)
    assert taught.logits([("a film", "a plot")]).shape == (1, 2)


@pytest.mark.usefixtures("workplace")
def test_settings_of_pairs_in_toml(tfkd, table, tmp_path):
    (tmp_path / "run.toml").write_text(
        f'[data]\nsource = "{table}"\ntext_column = "premise,hypothesis"\n'
        '[teacher]\nsource = "train:bag_of_ngrams:tiny"\n'
        '[student]\nsource = "bag_of_ngrams:tiny"\nvocab_size = 200\nmax_length = 32\n'
        '[training]\nepochs = 1\nalone = false\n[export]\nquantize = "float32"\n'
    )
    code, printed, said = tfkd("distill", "run.toml", "--to", "run-of-toml")
    assert code == 0, said
    assert '--pair "..." "..."' in printed


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--text-column", "premise"), "--text-column premise,hypothesis to read both"),
        (("--text-column", "premise,hypotesis"), "no column 'hypotesis'"),
        (("--text-column", "premise,hypothesis,label"), "write one column, or the two of a pair"),
        (("--text-column", "premise,premise"), "write one column, or the two of a pair"),
        ((*COLUMNS, "--task", "tests.tasks.toy:Parity"), "reads no pairs"),
    ],
)
def test_what_cannot_be_a_pair_is_one_sentence_before_any_work(refused, table, flags, says):
    assert says in refused("distill", str(table), *flags, "--to", "refused")


@pytest.mark.usefixtures("workplace")
def test_one_text_of_two_is_read_where_that_is_said(tfkd, table):
    short = ("--epochs", "1", "--no-alone", "--quantize", "float32")
    models = (*STUDENT, "--teacher", "train:bag_of_ngrams:tiny")
    flags = ("--text-column", "premise", "--ignore-texts")
    code, printed, said = tfkd("distill", str(table), *flags, *models, *short, "--to", "one")
    assert code == 0, said
    assert "--pair" not in printed
