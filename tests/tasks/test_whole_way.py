"""A task that lives in the tests alone goes the whole way, from texts to answers of a file."""

import json
import random

import pytest

TASK = ("--task", "tests.tasks.toy:Parity")
WORDS = ("a", "bb", "ccc", "dddd", "film", "good")


@pytest.fixture(scope="module")
def texts():
    """300 rows of a text, from which the label follows: there is no column for it."""
    draw = random.Random(0)
    rows = ({"text": " ".join(draw.choices(WORDS, k=draw.randint(3, 9)))} for _ in range(300))
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.usefixtures("workplace")
def test_a_task_of_nobody_goes_the_whole_way(tfkd, refused, texts, tmp_path):
    """Whatever is classification in the way between a file of texts and an answer shows here."""
    (tmp_path / "texts.jsonl").write_text(texts)
    short = ("--epochs", "2", "--max-length", "32", "--vocab-size", "200")
    models = ("--student", "text_cnn:tiny", "--teacher", "train:bag_of_ngrams:tiny")
    code, printed, said = tfkd("distill", "texts.jsonl", *TASK, *models, *short, "--to", "run")
    assert code == 0, said
    assert "task      tests.tasks.toy:Parity\n" in printed
    assert "points of both halves right" in printed

    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert [row["name"] for row in report["rows"]] == [
        *("teacher", "alone", "distilled", "exported (int8)")
    ]
    assert all({*row["scores"]} == {"both", "halves"} for row in report["rows"])
    assert report["rows"][0]["scores"]["both"] <= report["rows"][0]["scores"]["halves"]

    code, printed, _ = tfkd("compare", "run")
    assert code == 0
    assert "both halves right" in printed
    assert tfkd("compare", "run", "--html", "page.html")[0] == 0
    assert "halves right" in (tmp_path / "page.html").read_text()

    for kind in ("float32", "int8"):
        assert tfkd("export", "run", "--quantize", kind)[0] == 0
        file = f"run/student-{kind}.tflite"
        code, printed, said = tfkd("predict", file, *TASK, "--json", "a bb film", "good")
        assert code == 0, said
        answers = [json.loads(line)["answer"] for line in printed.splitlines()]
        assert [len(answer) for answer in answers] == [2, 2]
        assert {half for answer in answers for half in answer} <= {"even", "odd"}
        assert tfkd("bench", file, *TASK)[0] == 0
    # A file that imports code because it says so is a way in.
    assert "if you trust it" in refused("predict", "run/student.tflite", "a bb film")


@pytest.mark.usefixtures("workplace")
def test_a_setting_that_the_task_does_not_have_is_refused_first(refused, texts, tmp_path):
    (tmp_path / "texts.jsonl").write_text(texts)
    said = refused("distill", "texts.jsonl", *TASK, "--task-set", "lowest=3", "--to", "run")
    assert "has no setting 'lowest'" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--task", "text-clasification"), "did you mean text-classification"),
        (("--column", "tags=ner"), "no column plays the role 'tags'"),
        (("--column", "text=review"), "no columns 'review' and 'label'"),
        (("--column", "text"), "write ROLE=NAME"),
        (("--task", "tests.tasks.nowhere:It"), "cannot be imported"),
    ],
)
def test_wrong_tasks_and_columns_are_one_sentence(refused, texts, tmp_path, flags, says):
    (tmp_path / "texts.jsonl").write_text(texts)
    assert says in refused("distill", "texts.jsonl", *flags, "--to", "run")
    assert not (tmp_path / "run").exists()


FEELINGS = {"joy": ("happy", "glad"), "anger": ("furious", "mad"), "fear": ("scared", "afraid")}


@pytest.fixture(scope="module")
def feelings():
    """260 texts and the feelings that their words name, of which some have none."""
    draw, rows = random.Random(1), []
    for i in range(260):
        labels = [label for label in FEELINGS if draw.random() < 0.4]
        words = draw.choices(WORDS, k=4) + [draw.choice(FEELINGS[label]) for label in labels]
        draw.shuffle(words)
        rows.append((f"{' '.join(words)} {i}", labels))
    return rows


SHORT = (
    *("--epochs", "3", "--max-length", "32", "--vocab-size", "200", "--batch-size", "32"),
    *("--student", "bag_of_ngrams:tiny", "--teacher", "train:ngram_cnn:tiny"),
)


@pytest.mark.usefixtures("workplace")
def test_several_labels_go_the_whole_way(tfkd, feelings, tmp_path):
    rows = ((text, *(str(int(name in labels)) for name in FEELINGS)) for text, labels in feelings)
    lines = [",".join(row) for row in rows]
    (tmp_path / "t.csv").write_text("\n".join([f"text,{','.join(FEELINGS)}", *lines]) + "\n")
    (tmp_path / "run.toml").write_text(
        '[data]\nsource = "t.csv"\nlabel_column = "joy,anger,fear"\n[task]\nform = "multilabel"\n'
    )
    code, printed, said = tfkd("distill", "run.toml", *SHORT, "--to", "run")
    assert code == 0, said
    assert "task      multi-label-classification\n" in printed
    assert "points of micro F1" in printed
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    keys = {"micro_f1", "macro_f1", "exact_match", "ranking_precision"}
    assert all({*row["scores"]} == keys for row in report["rows"])
    teacher, *_, file = report["rows"]
    assert teacher["scores"]["ranking_precision"] > 0.7
    # What was tuned for the student is what its file answers by.
    tuned = json.loads((tmp_path / "run" / "tuned.json").read_text())
    from tfkd.runtime import load

    predictor = load(tmp_path / "run" / "student.tflite")
    thresholds = tuned["student"]["schema"]["settings"]["thresholds"]
    assert predictor.schema.settings["thresholds"] == thresholds
    assert thresholds != tuned["teacher"]["schema"]["settings"]["thresholds"]
    assert file["name"] == "exported (int8)"

    code, printed, _ = tfkd("predict", "run", "--json", "a happy film", "a furious dddd film")
    answers = [json.loads(line) for line in printed.splitlines()]
    for answer in answers:
        above = [p > t for p, t in zip(answer["probabilities"].values(), thresholds, strict=True)]
        names = [n for n, is_in in zip(("anger", "fear", "joy"), above, strict=True) if is_in]
        assert answer["labels"] == names
    assert tfkd("compare", "run", "--html", "page.html")[0] == 0
    assert "How well each label is found" in (tmp_path / "page.html").read_text()
    assert "pipeline_tag: text-classification" in (tmp_path / "run" / "README.md").read_text()
    # The same command, a second time, finds the run complete: its form is its task.
    assert "is complete" in tfkd("distill", "run.toml", *SHORT, "--to", "run")[1]


@pytest.mark.usefixtures("workplace")
def test_numbers_go_the_whole_way(tfkd, feelings, tmp_path):
    lines = [f"{text},{2000 + 10 * len(labels)}" for text, labels in feelings]
    (tmp_path / "t.csv").write_text("\n".join(["text,year", *lines]) + "\n")
    flags = ("--label-column", "year", "--form", "regression", *SHORT)
    code, printed, said = tfkd("distill", "t.csv", *flags, "--to", "run")
    assert code == 0, said
    assert "Pearson correlation against the same student" in printed
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert all({*row["scores"]} == {"pearson", "spearman", "mae"} for row in report["rows"])
    assert all(row["scores"]["mae"] < 20 for row in report["rows"])

    code, printed, _ = tfkd("predict", "run", "--json", "a happy film")
    assert 1990 < json.loads(printed)["value"] < 2050
    assert tfkd("compare", "run", "--html", "page.html")[0] == 0
    assert "Which numbers are answered" in (tmp_path / "page.html").read_text()
    # The teacher that the run made is one in the units of the data, for other runs.
    flags = (*flags[:-2], "--teacher", "keras:run/teacher")
    code, _, said = tfkd("distill", "t.csv", *flags, "--to", "again")
    assert code == 0, said
    again = json.loads((tmp_path / "again" / "report.json").read_text())
    first, second = (each["rows"][0]["scores"]["mae"] for each in (report, again))
    assert first == pytest.approx(second, rel=1e-3)


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--form", "regression"), "expected a finite number"),
        (("--form", "multilabel", "--label-column", "joy,love"), "no column 'love'"),
        (("--label-column", "joy,fear"), "--form multilabel"),
        (("--form", "regression", "--task", "text-classification"), "leave one of them out"),
        (
            ("--form", "regression", "--label-column", "joy", "--teacher-precision", "bfloat16"),
            "too coarse for numbers",
        ),
    ],
)
def test_what_a_form_cannot_read_is_one_sentence(refused, feelings, tmp_path, flags, says):
    lines = [f"{text},{int('joy' in labels)},0,good" for text, labels in feelings]
    (tmp_path / "t.csv").write_text("\n".join(["text,joy,fear,label", *lines]) + "\n")
    assert says in refused("distill", "t.csv", *flags, "--to", "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("workplace")
def test_lists_of_labels_choose_the_form_by_themselves(feelings, tmp_path):
    from tfkd.running.config import make_config
    from tfkd.running.task_choice import choose_task

    rows = ({"text": text, "labels": labels} for text, labels in feelings)
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task, why = choose_task(make_config({"data": "t.jsonl"}))
    assert (task.form, why) == ("multilabel", "the labels are a list")
    (tmp_path / "teacher").mkdir()
    config = {"architectures": ["BertForSequenceClassification"], "problem_type": "regression"}
    (tmp_path / "teacher" / "config.json").write_text(json.dumps(config))
    settings = {"data": "sample", "teacher": f"hf:{tmp_path / 'teacher'}"}
    assert choose_task(make_config(settings))[0].form == "regression"
