"""MediaPipe's text classifier and embedder against tfkd, on the same file and real reviews."""

import gzip
import itertools
import json
import random

import numpy as np
import pytest
from mediapipe_client import answers, vectors

pytest.importorskip("keras")

import tfkd
from tfkd import cli, students
from tfkd.text import learn

pytestmark = pytest.mark.slow
NAMES = ["negative", "positive"]
ODD = [
    *(
        "Éclair, café, NAÏVE",
        "😀 great 😀 👩‍👩‍👧",
        "这家酒店的房间很干净",
        "good\0 terrible",
        "a\vb good\x1f",
    ),
    *("x" * 5000, "é" * 51 + " bad", "don't can't WON'T", "7/10, 1,000.50", "line\none\r\n\ttwo"),
    *("[SEP] [CLS] [MASK] [PAD] [UNK]", "\u200bgood\u200b", "great " * 3000, "\u00a0bad\u00a0film"),
    *(
        "awful\u2028worst\u0085best",
        "I\u0307stanbul ẞ K",
        "<br /><br />",
        "##ing ##s",
        "\ufeffgood",
    ),
]


def reviews(shared, part, number):
    step = 25000 // number
    with gzip.open(shared / "data" / "imdb" / f"{part}.jsonl.gz", "rt") as lines:
        rows = [json.loads(each) for each in itertools.islice(lines, 0, 25000, step)][:number]
    return [each["text"] for each in rows], np.array([each["label"] for each in rows])


def made_up(texts, number=100):
    """Snippets of reviews, mixed with letters that no review has."""
    rng = random.Random(0)
    pieces = [word for text in texts[:20] for word in text.split()] + [each[:60] for each in ODD]
    return [
        "".join(rng.choice(pieces) + rng.choice(" \t-é中") for _ in range(30))
        for _ in range(number)
    ]


@pytest.fixture(scope="module")
def student(shared):
    """A small student that a minute of training makes useful, and its encoder."""
    import keras

    texts, labels = reviews(shared, "train", 2000)
    encoder = learn(texts, vocab_size=4000, max_length=128)
    keras.utils.set_random_seed(0)
    model = students.ngram_cnn(encoder.vocab_size, classes=2, size="tiny", seed=0)
    model.compile(
        keras.optimizers.Adam(0.005), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    ids = np.zeros((len(texts), encoder.max_length), "int32")
    for row, each in zip(ids, encoder.encode_many(texts), strict=True):
        row[: len(each)] = each
    model.fit(ids, labels, epochs=5, batch_size=32, verbose=0)
    return model, encoder


@pytest.mark.parametrize("quantize", ["float32", "int8"])
def test_the_client_agrees_on_every_text(quantize, student, shared, tmp_path, capsys, monkeypatch):
    """A vocabulary, a cut or an order of the classes that only the client sees."""
    model, encoder = student
    path = tmp_path / "small.tflite"
    texts, labels = reviews(shared, "test", 200)
    asked = [*texts, *ODD, *made_up(texts)]
    settings = {"quantize": quantize, "encoder": encoder, "labels": NAMES, "client": "mediapipe"}
    tfkd.export(model, path, check=list(zip(texts, labels, strict=True)), **settings)
    theirs = answers(path, asked)
    ours = predicted(path, asked, capsys, monkeypatch)
    assert [max(each, key=each.get) for each in theirs] == [each["label"] for each in ours]
    for mine, other in zip(ours, theirs, strict=True):
        assert other == pytest.approx(mine["probabilities"], abs=1e-5)
    assert {each["label"] for each in ours} == set(NAMES)
    right = [each["label"] == NAMES[label] for each, label in zip(ours, labels, strict=False)]
    assert np.mean(right) > 0.7, "a student that learnt nothing agrees with everything"


def predicted(path, texts, capsys, monkeypatch):
    """What `tfkd predict --jsonl` answers."""
    lines = [json.dumps({"text": each}) + "\n" for each in texts]
    monkeypatch.setattr("sys.stdin", lines)
    assert cli.main(["predict", str(path), "--jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]


@pytest.mark.parametrize("quantize", ["float32", "int8"])
def test_the_embedder_gives_the_same_vectors(quantize, shared, tmp_path):
    """A cut, a tokenizer or a scaling that only the client has."""
    from tfkd import runtime, tasks

    texts, _ = reviews(shared, "test", 200)
    encoder = learn(texts, vocab_size=4000, max_length=128)
    task = tasks.find("sentence-similarity", {"dimensions": 64})
    schema = task.complete_schema(task.schema(()), [])
    model = students.build_for(task, schema, "static", encoder.vocab_size, "tiny", seed=0)
    path = tmp_path / "vectors.tflite"
    tfkd.export(
        model,
        path,
        encoder=encoder,
        task=task,
        schema=schema,
        check=[{"text": text} for text in texts],
        client="mediapipe",
        quantize=quantize,
    )
    asked = [*texts, *ODD, *made_up(texts)]
    ours = runtime.load(path).embed(asked)
    np.testing.assert_allclose(vectors(path, asked), ours, atol=1e-3)
    np.testing.assert_allclose(vectors(path, asked[:5], normalize=True), ours[:5], atol=1e-3)
    assert np.abs(ours[0] - ours[1]).max() > 0.05, "a file that gives one vector always agrees"
