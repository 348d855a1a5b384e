"""Several tasks of one model go the whole way: a body, a head for each, one file."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from tfkd import runtime
from tfkd.tasks import find

TASK = ("--task", "intent=text-classification+slots=token-classification")
SHORT = ("--epochs", "6", "--max-length", "32", "--vocab-size", "200", "--batch-size", "32")
MODELS = ("--student", "text_cnn:tiny", "--teacher", "train:text_cnn:tiny", "--quantize", "float32")
PLACES, ARTISTS = ("rome", "oslo", "lima"), ("adele", "bach", "abba")


def rows(count=240):
    """Requests for music or the weather; a few have one of the two labels only."""
    draw = random.Random(0)
    for number in range(count):
        music = bool(number % 2)
        name = draw.choice(ARTISTS if music else PLACES)
        words = ["play", name] if music else ["weather", "in", name]
        words += draw.sample(["please", "now", "today", "again"], draw.randint(0, 3))
        tags = [("B-artist" if music else "B-city") if word == name else "O" for word in words]
        row = {"tokens": words, "tags": tags, "intent": "music" if music else "weather"}
        yield {**row, **({"intent": None} if number in (7, 8) else {})}


def write(path, some):
    path.write_text("".join(json.dumps(row) + "\n" for row in some))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from run_fixtures import call, short_teachers

    folder = tmp_path_factory.mktemp("joint")
    write(folder / "requests.jsonl", rows())
    with pytest.MonkeyPatch.context() as patch:
        short_teachers(patch)
        patch.chdir(folder)
        assert call("distill", "requests.jsonl", *TASK, *MODELS, *SHORT, "--to", "run") == 0
    return folder / "run"


def test_the_report_has_the_scores_of_each_head_and_of_all(run):
    report = json.loads((run / "report.json").read_text())
    scores = report["rows"][-1]["scores"]
    assert list(scores)[:3] == ["mean", "all_right", "intent.accuracy"]
    assert "slots.f1" in scores
    assert scores["mean"] == pytest.approx((scores["intent.accuracy"] + scores["slots.f1"]) / 2)
    assert scores["intent.accuracy"] > 0.9
    assert report["measures"]["slots.f1"]["title"] == "slots entity F1"


def test_the_file_has_an_output_for_each_head_and_answers_by_head(run):
    """The outputs of the file are the Keras student's, and its answers a dict."""
    import keras

    predictor = runtime.load(run / "student.tflite")
    examples = predictor.examples([{"text": "play abba now"}])
    (rows,) = predictor.task.encode(examples, predictor.encoder, predictor.schema)
    (found,) = predictor.run(rows)
    student = keras.models.load_model(run / "student.keras", compile=False)
    inputs = {name: np.array([rows[0][name]], "int32") for name in predictor.task.inputs}
    expected = {name: np.asarray(value)[0] for name, value in student(inputs).items()}
    assert set(found) == {"intent.logits", "slots.logits"} == set(expected)
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], atol=1e-4)
    (answer,) = predictor.predict(["play abba now"])
    assert answer["intent"].label == "music"
    assert set(answer) == {"intent", "slots"}


@pytest.mark.usefixtures("workplace")
def test_commands_know_all_heads(run, tfkd):
    code, printed, said = tfkd("predict", str(run), "play abba now")
    assert code == 0, said
    assert "intent music" in printed
    assert "slots " in printed
    code, printed, said = tfkd("predict", str(run), "--json", "weather in rome")
    assert code == 0, said
    answer = json.loads(printed)
    assert answer["intent"]["label"] == "weather"
    assert "entities" in answer["slots"]
    assert tfkd("bench", str(run / "student.tflite"))[0] == 0
    code, _, said = tfkd("compare", str(run), "--html", "page.html")
    assert code == 0, said
    assert "slots entity F1" in Path("page.html").read_text()


def test_a_run_goes_on_where_it_stopped(run, tfkd, monkeypatch):
    """Without its file, the same command only exports and measures again."""
    before = (run / "student.keras").read_bytes()
    (run / "student.tflite").unlink()
    (run / "report.json").unlink()
    monkeypatch.chdir(run.parent)
    code, _, said = tfkd("distill", "requests.jsonl", *TASK, *MODELS, *SHORT, "--to", "run")
    assert code == 0, said
    assert (run / "student.keras").read_bytes() == before
    assert (run / "student.tflite").is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("workplace")
def test_teachers_for_all_heads_and_for_each(tfkd, refused, tmp_path):
    """A taught teacher has all heads, or two have one each and the same word pieces."""
    write(tmp_path / "requests.jsonl", [{**r, "text": " ".join(r["tokens"])} for r in rows()])
    heads = {"intent": ("text-classification", "label=intent"), "slots": ("token-classification",)}
    taught = ("--teacher", "train:text_cnn:tiny", "--max-length", "32", "--vocab-size", "200")
    for head, (task, *column) in heads.items():
        flags = ("--task", task, *(f for each in column for f in ("--column", each)))
        code, _, said = tfkd("teach", "requests.jsonl", *flags, *taught, "--to", head)
        assert code == 0, said
    code, _, said = tfkd("teach", "requests.jsonl", *TASK, *taught, "--to", "both")
    assert code == 0, said
    scores = json.loads((tmp_path / "both" / "score.json").read_text())
    assert "slots.f1" in scores
    student = ("--student", "text_cnn:tiny", *SHORT[2:], "--epochs", "1", "--no-alone")
    each = ("--teacher", "intent=keras:intent", "--teacher", "slots=keras:slots")
    for name, teacher in (("all", ("--teacher", "keras:both")), ("each", each)):
        code, _, said = tfkd("distill", "requests.jsonl", *TASK, *student, *teacher, "--to", name)
        assert code == 0, said
        report = json.loads((tmp_path / name / "report.json").read_text())
        assert report["rows"][0]["scores"]["intent.accuracy"] > 0.9
    said = refused("distill", "requests.jsonl", *TASK, *student, *each[:2], "--to", "no")
    assert "the head slots has no teacher" in said
    other = (*each, "--teacher", "topic=keras:intent")
    said = refused("distill", "requests.jsonl", *TASK, *student, *other, "--to", "no")
    assert "a teacher for the head topic and no such head" in said


ROW = {"text": "a good film", "label": "good", "score": 2.5}
BOTH = "text-classification+text-regression"


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--task", "text-classification+"), "join two or more tasks with +"),
        (("--task", "only=text-classification"), "join two or more tasks with +"),
        (("--task", "text-classification+text-regresion"), "did you mean text-regression?"),
        (("--task", "text-regression+text-regression"), "two heads are called text-regression"),
        (("--task", "a.b=text-classification+text-regression"), "a head is called 'a.b'"),
        (("--task", BOTH, "--task-set", "tone.weight=2"), "'tone.weight' is of no head"),
        (("--task", BOTH, "--task-set", "text-regression.weight=0"), "is 0: write a positive"),
        (("--task", BOTH, "--task-set", "text-regression.soft_weight=2"), "from 0 to 1"),
        (("--task", BOTH, "--column", "tone.label=label"), "no column plays the role 'tone.label'"),
        (("--task", "a=text-classification+b=multi-label-classification"), "name each with"),
        (("--task", BOTH, "--labels", "names.txt"), "labels of several kinds"),
        (("--task", "question-answering+text-classification"), "one model reads the same texts"),
        (("--task", "token-classification+relation-classification"), "reads the same texts"),
        (("--task", "relation-classification+token-classification"), "reads the same texts"),
        (("--task", "token-classification+text-generation"), "reads the same texts"),
        (
            ("--task", "a=text-classification+b=token-classification", "--student=bag_of_ngrams"),
            "bag_of_ngrams is no student for",
        ),
    ],
)
def test_wrong_heads_are_one_sentence(refused, tmp_path, flags, says):
    """Nothing is written for heads that cannot be."""
    write(tmp_path / "texts.jsonl", [ROW] * 3)
    (tmp_path / "names.txt").write_text("good\nbad\n")
    assert says in refused("distill", "texts.jsonl", *flags, "--to", "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("workplace")
def test_a_head_without_any_label_is_refused(refused, tmp_path):
    """A column that is empty throughout teaches a head nothing."""
    write(tmp_path / "texts.jsonl", [{**row, "intent": None} for row in rows(60)])
    columns = ("--column", "intent.label=intent")
    said = refused("distill", "texts.jsonl", *TASK, *columns, "--to", "run")
    assert "no row has a label of the head intent" in said


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize(("head", "column"), [("intent", "intent"), ("slots", "tags")])
def test_a_split_without_any_label_of_a_head_is_refused_first(
    refused, tmp_path, split, head, column
):
    """All of the training would be done, and then nothing could be scored."""
    write(tmp_path / "texts.jsonl", rows(60))
    bare = [{**row, "intent": "music", column: None} for row in rows(30)]
    write(tmp_path / "bare.jsonl", bare)
    said = refused("distill", "texts.jsonl", *TASK, f"--{split}", "bare.jsonl", "--to", "run")
    assert f"none of the {split} rows of bare.jsonl has a label of the head {head}" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("workplace")
def test_a_number_that_no_row_has_is_refused_first(refused, tmp_path):
    """A head without classes is found by its splits."""
    write(tmp_path / "texts.jsonl", [{**row, "stars": None} for row in rows(60)])
    heads = ("--task", "slots=token-classification+stars=text-regression")
    said = refused("distill", "texts.jsonl", *heads, "--to", "run")
    assert "rows of texts.jsonl has a label of the head stars" in said
    assert not (tmp_path / "run").exists()


def test_two_heads_may_read_the_same_marks():
    """The rows are those of one relation, with the labels of both."""
    from tfkd.data import Schema
    from tfkd.text import learn

    task = find("of=relation-classification+sure=relation-classification")
    text = "<e1>smoke</e1> comes from <e2>fire</e2>"
    encoder = learn([text] * 9, vocab_size=60, max_length=16)
    schema = task.schema(("of=cause", "of=Other", "sure=yes", "sure=no"))
    example = task.with_ids(
        task.example({"text": text, "of.label": "Other", "sure.label": "yes"}, "row 1"),
        {"of=cause": 0, "of=Other": 1, "sure=yes": 0, "sure=no": 1},
    )
    ((row,),) = task.encode([example], encoder, Schema((), schema.settings))
    assert row["labels.of"] == 1
    assert row["labels.sure"] == 0
    assert len(row["input_ids"]) > 6


def test_heads_that_agree_in_nothing_known_do_not_agree(monkeypatch):
    """The least of two, one of which is unknown, by Python's `min`: it depends on their order."""
    task = find("a=text-classification+b=text-regression")
    answers = [{"a": 0.0, "b": 0.0}]
    for known, unknown in ((0.5, np.nan), (np.nan, 0.5)):
        one, other = (head.task for head in task.parts)
        monkeypatch.setattr(type(one), "agreement", lambda *_, value=known: value)
        monkeypatch.setattr(type(other), "agreement", lambda *_, value=unknown: value)
        assert np.isnan(task.agreement(answers, answers))
