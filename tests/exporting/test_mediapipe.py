"""Files for MediaPipe: what the client of another house must find in them, and what is refused."""

import json

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers, ops
from mediapipe_client import answers

from tfkd import students
from tfkd.errors import UserError
from tfkd.exporting import export
from tfkd.exporting.mediapipe.metadata import INPUTS, add_metadata
from tfkd.runtime import Classifier, load
from tfkd.runtime.interpreter import LiteRT
from tfkd.runtime.zip_tail import unpack
from tfkd.text import TextEncoder, learn, wordpiece

NAMES = ["bad", "good"]
LINES = ["a good film and a bad film", "the acting was not good but the story is"] * 20
TEXTS = ["A good FILM", "a bad film, and not a good one", "good " * 9 + "bad " * 30, "é good", "no"]


@pytest.fixture(scope="module")
def encoder():
    return learn(LINES, vocab_size=80, max_length=16)


def ids(**options):
    return keras.Input(options.pop("shape", (None,)), dtype="int32", name="input_ids")


def averaged(units=2, activation=None, seed=1, **options):
    """Embeddings, averaged."""
    keras.utils.set_random_seed(seed)
    tokens = ids(**options)
    seen = layers.Embedding(80, 16, embeddings_initializer="normal")(tokens)
    out = layers.Dense(units, activation=activation)(layers.GlobalAveragePooling1D()(seen))
    return keras.Model(tokens, ops.multiply(out, 1.0) if activation else out)


def sliced():
    """One that converts with a batch of 1 only."""
    keras.utils.set_random_seed(1)
    tokens = ids()
    keep = ops.cast(ops.not_equal(tokens, 0), "float32")[..., None]
    seen = layers.Embedding(80, 8, embeddings_initializer="normal")(tokens) * keep
    return keras.Model(tokens, layers.Dense(2)(ops.max(seen, 1)))


STUDENTS = {
    "text_cnn": lambda: students.text_cnn(80, classes=2, size="tiny", seed=0),
    "ngram_cnn": lambda: students.ngram_cnn(80, classes=2, size="tiny", seed=0),
    "bag_of_ngrams": lambda: students.bag_of_ngrams(80, classes=2, size="tiny", seed=0),
    "static": lambda: students.static(80, classes=2, size="tiny", seed=0),
    "transformer": lambda: students.transformer(80, classes=2, size="tiny", seed=0),
    "sliced": sliced,
    "one logit": lambda: averaged(1),
    "softmax": lambda: averaged(2, "softmax"),
    "sigmoid": lambda: averaged(1, "sigmoid"),
}


def form(name):
    return "binary" if name in ("one logit", "sigmoid") else "multiclass"


def expected(student, encoder, name):
    """The student's own probabilities on what the file's tokenizer reads."""
    found = [np.asarray(student(np.array([encoder.encode(each)], "int32")))[0] for each in TEXTS]
    rows = np.array([row["logits"] if isinstance(row, dict) else row for row in found], "float64")
    if name == "one logit":
        rows = 1 / (1 + np.exp(-rows))
    if form(name) == "binary":
        return np.concatenate([1 - rows, rows], 1)
    return rows if name == "softmax" else np.exp(rows) / np.exp(rows).sum(1, keepdims=True)


@pytest.mark.slow_but_one
@pytest.mark.parametrize("name", STUDENTS)
def test_the_file_gives_the_students_probabilities(name, encoder, tmp_path):
    """Logits or a sigmoid of two classes, where the client takes what comes for probabilities."""
    student, path = STUDENTS[name](), tmp_path / "small.tflite"
    export(student, path, encoder=encoder, labels=NAMES, form=form(name), client="mediapipe")
    classifier = Classifier(path)
    found = [list(each.probabilities.values()) for each in classifier.predict(TEXTS)]
    np.testing.assert_allclose(found, expected(student, classifier.encoder, name), atol=2e-6)


def test_the_file_gives_the_students_vectors(encoder, tmp_path):
    """Probabilities of a vector, or its text cut in another place."""
    from tfkd import tasks

    task = tasks.find("sentence-similarity", {"dimensions": 4})
    schema = task.complete_schema(task.schema(()), [])
    student = students.build_for(task, schema, "static", 80, "tiny", seed=0)
    path, check = tmp_path / "vectors.tflite", [{"text": text} for text in TEXTS]
    settings = {"encoder": encoder, "task": task, "schema": schema, "check": check}
    export(student, path, client="mediapipe", **settings)
    predictor = load(path)
    ids = [np.array([predictor.encoder.encode(text)], "int32") for text in TEXTS]
    expected = [np.asarray(student(row)["embedding"])[0] for row in ids]
    np.testing.assert_allclose(predictor.embed(TEXTS), expected, atol=1e-5)
    assert "labels.txt" not in unpack(path.read_bytes())


@pytest.mark.slow
def test_the_client_runs_students_of_every_kind(encoder, tmp_path):
    """Metadata or ops that our own interpreter takes and MediaPipe's does not."""
    for name, made in STUDENTS.items():
        path = tmp_path / f"{name.replace(' ', '-')}.tflite"
        export(made(), path, encoder=encoder, labels=NAMES, form=form(name), client="mediapipe")
        ours = [each.probabilities for each in Classifier(path).predict(TEXTS)]
        for mine, theirs in zip(ours, answers(path, TEXTS), strict=True):
            assert theirs == pytest.approx(mine, abs=2e-6), name


@pytest.mark.slow
def test_the_client_reads_tables_of_4_bits(encoder, tmp_path):
    """An operator or a kind of scales that its interpreter does not have, or reads otherwise."""
    pytest.importorskip("ai_edge_quantizer")
    student = STUDENTS["ngram_cnn"]()
    rng = np.random.default_rng(0)
    for name in ("bigrams", "piece_score"):
        table = student.get_layer(name).embeddings
        table.assign(rng.normal(size=table.shape))
    path = tmp_path / "small.tflite"
    settings = {"encoder": encoder, "labels": NAMES, "check": LINES, "tolerance": 1.0}
    export(student, path, quantize="int4", client="mediapipe", **settings)
    ours = [each.probabilities for each in Classifier(path).predict(TEXTS)]
    assert np.ptp([each["good"] for each in ours]) > 0.1
    for mine, theirs in zip(ours, answers(path, TEXTS), strict=True):
        assert theirs == pytest.approx(mine, abs=2e-6)


@pytest.fixture(scope="module")
def file(encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("mediapipe") / "small.tflite"
    export(averaged(), path, encoder=encoder, labels=NAMES, client="mediapipe", quantize="int8")
    return path


def test_what_the_client_looks_for(file):
    """A file that a phone refuses, without a word that helps."""
    content = file.read_bytes()
    assert b"TFLITE_METADATA" in content
    assert content.count(b"M001") == 1
    settings = json.loads(unpack(content)["tfkd.json"])
    assert (settings["client"], settings["tokenizer"]) == ("mediapipe", "mediapipe")
    assert settings["outputs"] == {"logits": {"name": "scores", "activation": "softmax"}}
    assert settings["quantize"] == "int8"
    model = LiteRT(file)
    assert set(model.inputs) == set(INPUTS)
    assert {shape for shape, _ in model.inputs.values()} == {(None, None)}
    assert model.outputs["scores"][0] == (None, 2)


def feed(tokens):
    return {"ids": tokens, "mask": np.ones_like(tokens), "segment_ids": np.zeros_like(tokens)}


def test_a_long_text_keeps_its_head_and_its_tail(file):
    """The client cuts nothing: ids beyond the positions of a transformer, or another text."""
    model, tokens = LiteRT(file), np.arange(1, 41, dtype="int32")[None]
    kept = np.concatenate([tokens[:, :8], tokens[:, -8:]], axis=1)
    np.testing.assert_allclose(model.logits(feed(tokens)), model.logits(feed(kept)), atol=1e-7)
    assert not np.allclose(
        model.logits(feed(tokens)), model.logits(feed(tokens[:, :16])), atol=1e-4
    )


def test_what_is_masked_is_not_read(file):
    """A client that pads, and a student that reads the padding's ids."""
    model, tokens = LiteRT(file), np.array([[2, 9, 8, 3]], "int32")
    hidden = feed(tokens) | {"mask": np.array([[1, 1, 0, 0]], "int32")}
    wanted = feed(np.array([[2, 9, 0, 0]], "int32"))
    np.testing.assert_allclose(model.logits(hidden), model.logits(wanted), atol=1e-7)


def test_a_file_that_differs_is_not_written(file, encoder, monkeypatch):
    """A gate that does not run the file itself lets one through that computes another student."""
    before = file.read_bytes()
    other = add_metadata(_flatbuffer_of(averaged(seed=2), encoder))
    monkeypatch.setattr("tfkd.exporting.mediapipe.export.add_metadata", lambda *given: other)
    with pytest.raises(UserError, match="does not compute what the student computes"):
        export(averaged(), file, encoder=encoder, labels=NAMES, client="mediapipe")
    assert file.read_bytes() == before


def _flatbuffer_of(student, encoder):
    from tfkd.exporting.calling import signature_of
    from tfkd.exporting.convert import flatbuffer
    from tfkd.exporting.mediapipe.client_output import scores_output
    from tfkd.exporting.mediapipe.client_signature import client_signature
    from tfkd.runtime.quantisations import FLOAT32

    wrapped = client_signature(
        signature_of(student), encoder.max_length, scores_output("multiclass", False)
    )
    return flatbuffer(wrapped.fixed(None, None), FLOAT32)


def cased():
    return learn(LINES, vocab_size=80, max_length=16, lowercase=False)


def of_another_kind():
    from tokenizers import pre_tokenizers

    tokenizer = wordpiece({p: i for i, p in enumerate(cased().vocabulary)}, True)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return TextEncoder(tokenizer, 16)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({"client": "mlkit"}, "write 'mediapipe'"),
        ({"path": "small.keras"}, "path ending in `.tflite`"),
        ({"encoder": None, "labels": None}, "give the student's `encoder`"),
        ({"encoder": cased}, "lower-cased vocabulary.*bert-base-uncased"),
        ({"encoder": of_another_kind}, "lower-cased vocabulary.*bert-base-uncased"),
        ({"student": lambda: averaged(shape=(16,))}, "one length only"),
        ({"student": lambda: students.bilstm(80, classes=2, size="tiny")}, "no model with loops"),
    ],
)
def test_what_no_client_can_run(made, says, encoder, tmp_path):
    """A file that is written, shipped, and then read by the wrong tokenizer."""
    asked = {"encoder": encoder, "labels": NAMES, "client": "mediapipe", **made}
    student = asked.pop("student", averaged)()
    path = tmp_path / asked.pop("path", "small.tflite")
    if callable(asked["encoder"]):
        asked["encoder"] = asked["encoder"]()
    with pytest.raises(UserError, match=says):
        export(student, path, **asked)
    assert list(tmp_path.iterdir()) == []
