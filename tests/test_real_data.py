"""Runs on real reviews, with the data sets and the teacher in ../shared; skipped without them."""

import gzip
import importlib.util
import json

import numpy as np
import pytest

from tfkd import load_teacher
from tfkd.cli import main
from tfkd.reporting.report import load

pytestmark = pytest.mark.slow


def lines(path, start, stop):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line for number, line in enumerate(file) if start <= number < stop]


@pytest.fixture
def reviews(shared, tmp_path):
    """4,000 labelled, 4,000 unlabelled and 2,000 test reviews of IMDB, half of each class."""
    imdb = shared / "data" / "imdb"
    parts = {
        "train": lines(imdb / "train.jsonl.gz", 10_500, 14_500),
        "unlabelled": lines(imdb / "unsupervised.jsonl.gz", 0, 4_000),
        "test": lines(imdb / "test.jsonl.gz", 11_500, 13_500),
    }
    for name, rows in parts.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(rows), encoding="utf-8")
    return tmp_path


def given_logits(shared, texts):
    """The teacher's logits as its folder gives them, in the order of `texts`."""
    stored = dict(np.load(shared / "teachers" / "imdb-minilm" / "logits.npz"))
    found = {}
    for split in ("train", "unsupervised", "test"):
        rows = lines(shared / "data" / "imdb" / f"{split}.jsonl.gz", 0, 10**6)
        found |= {json.loads(row)["text"]: stored[split][i] for i, row in enumerate(rows)}
    return np.array([found[text] for text in texts], "float32")


def test_imdb_distilled_beats_alone(reviews, shared, capsys, monkeypatch):
    """The whole point, on real text: from a real teacher the student learns more than alone."""
    from tfkd.running.teacher import RunTeacher

    def targets(teacher, split):
        parts = {"transfer": ("train", "unlabelled")}.get(split, (split,))
        return given_logits(
            shared, [e.text for part in parts for e in teacher.context.data.read(part)]
        )

    monkeypatch.setattr(RunTeacher, "targets", targets)
    teacher = f"hf:{shared / 'teachers' / 'imdb-minilm'}"
    settings = ("--student", "ngram_cnn:tiny", "--max-length", "256", "--epochs", "6")
    arguments = ["distill", str(reviews), "--teacher", teacher, *settings, "--to", "run"]
    monkeypatch.chdir(reviews.parent)
    assert main(arguments) == 0, capsys.readouterr().err
    report = load(reviews.parent / "run")
    accuracy = {row.name: row.scores["accuracy"] for row in report.rows}
    assert accuracy["distilled"] > accuracy["alone"] + 0.005
    assert accuracy["distilled"] > 0.86
    assert accuracy["exported (int8)"] > accuracy["distilled"] - 0.005


def test_a_language_model_of_these_probabilities_is_as_good_a_teacher(shared, tmp_path):
    """From answers, letter by letter, a student learns what it learns from stored outputs."""
    from language_models_stub import Stub, serving

    from tfkd import distill, store
    from tfkd.running import labelling
    from tfkd.running.config import make_config

    imdb, names = shared / "data" / "imdb", ("negative", "positive")
    parts = {"train": (12_100, 12_900), "test": (12_300, 12_700)}
    texts = []
    for name, part in parts.items():
        rows = [json.loads(row) for row in lines(imdb / f"{name}.jsonl.gz", *part)]
        texts += [row["text"] for row in rows] if name == "train" else []
        named = [{"text": row["text"], "label": names[row["label"]]} for row in rows]
        content = "".join(json.dumps(row) + "\n" for row in named)
        (tmp_path / f"{name}.jsonl").write_text(content, encoding="utf-8")
    logits = dict(zip(texts, given_logits(shared, texts), strict=True))

    def answer(text, options):
        shares = np.exp(logits[text] - np.logaddexp(*logits[text]))
        of = dict(zip(names, shares.tolist(), strict=True))
        return {letter: of[line.split(":")[0]] for letter, line in options.items()}

    classes = '[classes]\nnegative = "It is disliked."\npositive = "It is liked."\n'
    (tmp_path / "classes.toml").write_text(classes)
    with serving(Stub(answer)) as stub:
        given = {"data": str(tmp_path), "teacher": f"openai:small@{stub.url}", "requests": 4}
        given |= {"classes": str(tmp_path / "classes.toml"), "to": str(tmp_path / "labelled")}
        folder = labelling.label(make_config(given))

    def teacher(inputs, reads):
        read = [text.decode() for text in inputs["text"].numpy()]
        return {"logits": np.array([logits[text] for text in read])}

    teacher.fingerprint = "imdb-minilm"
    store.write(tmp_path / "store", teacher, list(logits), dtype="float32", verbose=0)
    (tmp_path / "store" / "labels.txt").write_text("negative\npositive\n")
    accuracy = {}
    for name, path in {"asked": folder / "store", "stored": tmp_path / "store"}.items():
        result = distill(
            data=folder,
            teacher=f"store:{path}",
            student="ngram_cnn:tiny",
            max_length=128,
            epochs=4,
            verbose=0,
            to=str(tmp_path / name),
        )
        accuracy[name] = result.report["distilled"].scores["accuracy"]
    assert accuracy["stored"] > 0.65
    # Two of 400 texts: another seed moves more.
    assert abs(accuracy["asked"] - accuracy["stored"]) <= 0.005


def test_chinese_reviews(shared, tmp_path, capsys):
    """Characters are pieces, and no flag says so."""
    settings = ("--teacher", "train:bag_of_ngrams", "--student", "bag_of_ngrams:tiny")
    arguments = ["distill", str(shared / "data" / "chnsenticorp"), *settings, "--epochs", "4"]
    assert main([*arguments, "--to", str(tmp_path / "run")]) == 0, capsys.readouterr().err
    report = load(tmp_path / "run")
    assert report["distilled"].scores["accuracy"] > 0.8
    assert main(["predict", str(tmp_path / "run"), "酒店很干净，服务很好。"]) == 0
    assert "酒店很干净" in capsys.readouterr().out


def test_seventy_seven_classes(shared, tmp_path, capsys):
    """Many small classes, of which the class names come from the data."""
    settings = ("--teacher", "train:bag_of_ngrams", "--student", "bag_of_ngrams:tiny")
    arguments = ["distill", str(shared / "data" / "banking77"), *settings]
    assert main([*arguments, "--to", str(tmp_path / "run")]) == 0, capsys.readouterr().err
    report = load(tmp_path / "run")
    assert report["distilled"].scores["accuracy"] > 0.6
    assert "classes" in capsys.readouterr().out


def test_one_folder_by_every_library(shared):
    """The real teacher on 1,000 real reviews: KerasHub, TensorFlow and PyTorch agree, head and all.

    The weights are float16 in the file; logits reach 5, and the kernels of three libraries round
    apart by a thousandth of that at most.
    """
    rows = [json.loads(row) for row in lines(shared / "data/imdb/test.jsonl.gz", 12_000, 13_000)]
    folder, texts = shared / "teachers" / "imdb-minilm", [row["text"] for row in rows]
    kinds = ["hub", "hf", "tf", *(["torch"] if importlib.util.find_spec("torch") else [])]
    logits = {
        kind: load_teacher(f"{kind}:{folder}", max_length=128).logits(texts) for kind in kinds
    }
    labels = np.array([row["label"] for row in rows])
    for found in logits.values():
        np.testing.assert_allclose(found, logits["hub"], atol=5e-3)
        assert (found.argmax(1) == logits["hub"].argmax(1)).mean() > 0.998
        assert (found.argmax(1) == labels).mean() > 0.85
