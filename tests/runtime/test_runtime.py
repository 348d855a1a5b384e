"""The file alone, without TensorFlow, must say what the student said."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers, ops

from tfkd.errors import UserError
from tfkd.exporting import export
from tfkd.runtime import Classifier
from tfkd.runtime.zip_tail import pack, unpack
from tfkd.text import learn

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["a good film", "a bad film, and not a good one", "film", "a film " * 30, "not bad"]


def student(slices=False):
    """An order-sensitive student; `slices` makes it one that converts with a batch of 1 only."""
    keras.utils.set_random_seed(3)
    tokens = keras.Input((None,), dtype="int32", name="input_ids")
    keep = ops.cast(ops.not_equal(tokens, 0), "float32")
    keep = keep[..., None] if slices else ops.expand_dims(keep, -1)
    x = layers.Conv1D(8, 3, padding="same", activation="relu")(
        layers.Embedding(60, 8)(tokens) * keep
    )
    return keras.Model(tokens, layers.Dense(3, kernel_initializer="normal")(ops.max(x * keep, 1)))


@pytest.fixture(scope="module")
def encoder():
    return learn(
        ["a good film and a bad film", "not a good one"] * 20, vocab_size=60, max_length=32
    )


@pytest.fixture(scope="module")
def file(encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("runtime") / "small.tflite"
    export(student(), path, encoder=encoder, labels=["bad", "good", "mixed"])
    return path


@pytest.fixture(scope="module")
def expected(encoder):
    model = student()
    rows = [model(np.array([encoder.encode(text)], "int32"), training=False) for text in TEXTS]
    return np.concatenate([np.asarray(row) for row in rows])


def test_no_tensorflow_is_imported(file):
    """Half a GB and ten seconds of TensorFlow on the server is what the export is to spare."""
    code = (
        "import sys; from tfkd.runtime import Classifier;"
        f"c = Classifier({str(file)!r}); print(c.predict(['a good film'])[0].label);"
        "print([m for m in sys.modules if m.split('.')[0] in ('tensorflow', 'keras', 'tf_keras')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    label, modules = run.stdout.split("\n")[:2]
    assert label in ("bad", "good", "mixed")
    assert modules == "[]"
    assert run.stderr == ""


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_logits_keep_the_order_of_the_texts(file, expected, batch_size):
    """Texts are sorted by length inside: a missed way back gives each the answer of another."""
    got = Classifier(file).logits(TEXTS, batch_size=batch_size)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_a_file_with_a_batch_of_one(encoder, expected, tmp_path):
    path = tmp_path / "one.tflite"
    export(student(slices=True), path, encoder=encoder)
    classifier = Classifier(path)
    assert classifier.labels == ("0", "1", "2")
    np.testing.assert_allclose(classifier.logits(TEXTS), expected, atol=1e-6)


def test_a_file_with_a_fixed_length(encoder, expected, tmp_path, monkeypatch):
    from tfkd.exporting import convert, formats

    fixed = convert.attempts
    monkeypatch.setattr(formats, "attempts", lambda *args: list(fixed(*args))[-1:])
    path = tmp_path / "fixed.tflite"
    export(student(), path, encoder=encoder)
    classifier = Classifier(path)
    assert classifier._model.inputs["input_ids"][0] == (1, 32)
    np.testing.assert_allclose(classifier.logits(TEXTS), expected, atol=1e-6)


def test_predictions(file, expected):
    predictions = Classifier(file, threads=2).predict(TEXTS)
    raised = np.exp(expected) / np.exp(expected).sum(1, keepdims=True)
    for prediction, row in zip(predictions, raised, strict=True):
        assert list(prediction.probabilities) == ["bad", "good", "mixed"]
        assert list(prediction.probabilities.values()) == pytest.approx(row, abs=1e-6)
        assert (
            prediction.probability
            == prediction.probabilities[prediction.label]
            == max(prediction.probabilities.values())
        )
    assert Classifier(file).predict([]) == []
    assert Classifier(file).max_length == 32


def test_latency_is_per_text_and_in_seconds(file):
    classifier = Classifier(file)
    both = classifier.latency(TEXTS, repeats=5)
    alone = classifier.latency(TEXTS, repeats=5, tokenise=False)
    assert both.shape == alone.shape == (len(TEXTS),)
    assert 0 < alone.sum() < both.sum() < 1


def test_numbers_that_are_none(file):
    """No run gave NaN seconds, and threads of another type a file that is called damaged."""
    classifier = Classifier(file)
    with pytest.raises(UserError, match="repeats is 0: write at least 1"):
        classifier.latency(TEXTS, repeats=0)
    with pytest.raises(UserError, match="batch_size is 0: write at least 1"):
        classifier.logits(TEXTS, batch_size=0)
    for threads in (1.5, "2", None):
        with pytest.raises(UserError, match=f"threads is {threads!r}: write a whole number"):
            Classifier(file, threads=threads)


def test_a_text_of_a_megabyte_is_cut(file):
    assert Classifier(file).predict(["a good film " * 90_000])[0].probability > 0


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ("a good film", "one string came"),
        (b"a good film", r"bytes came where a list of texts belongs: write \[text\]"),
        ({"text": "a film"}, r"one dict came where a list of texts belongs: write \[example\]"),
        (None, "None came where a list of texts belongs"),
        (7, "7 came where a list of texts belongs"),
        (np.array("a film"), "came where a list of texts belongs"),
        (["a film", ""], "text 1 is empty"),
        (["a film", " \n"], "text 1 is"),
        ([None], "text 0 is None"),
    ],
)
def test_texts_that_are_none(file, texts, sentence):
    """A bare string would be classified letter by letter, and a dict by its keys."""
    with pytest.raises(UserError, match=sentence):
        Classifier(file).predict(texts)


class Table:
    """As those of pandas, whose members are the names of its columns."""

    columns = ("text",)

    def __iter__(self):
        return iter(self.columns)


def test_a_table_is_no_list(file):
    """It would be classified by the names of its columns."""
    with pytest.raises(UserError, match=r"a table came .*: give one of its columns"):
        Classifier(file).predict(Table())


def test_missing(tmp_path):
    with pytest.raises(UserError, match=r"no file .*a.tflite"):
        Classifier(tmp_path / "a.tflite")
    with pytest.raises(UserError, match="no file"):
        Classifier(tmp_path)
    for given in (None, b"TFL3", [tmp_path]):
        with pytest.raises(UserError, match=f"{type(given).__name__} is no path"):
            Classifier(given)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a model, but text"])
def test_something_else(tmp_path, content):
    (tmp_path / "a.tflite").write_bytes(content)
    with pytest.raises(UserError, match="not a LiteRT model"):
        Classifier(tmp_path / "a.tflite")


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.8, 0.95, 0.999])
def test_truncated(file, tmp_path, share):
    """A download that stopped: wherever it stopped, one sentence and no crash of the process."""
    content = file.read_bytes()
    (tmp_path / "a.tflite").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match=r"damaged|was cut off"):
        Classifier(tmp_path / "a.tflite")


def test_no_vocabulary_inside(tmp_path):
    x = keras.Input((4,), name="x")
    export(keras.Model(x, layers.Dense(2)(x)), tmp_path / "a.tflite")
    with pytest.raises(UserError, match="no vocabulary inside: export it with"):
        Classifier(tmp_path / "a.tflite")


def test_settings_of_another_model(file, tmp_path):
    """Class names that do not fit would name each class by its neighbour."""
    content = file.read_bytes()
    files = unpack(content)
    bare = content[: content.index(b"PK\x03\x04")]
    two = files["tfkd.json"].replace('"bad",', "")
    assert two != files["tfkd.json"]
    (tmp_path / "a.tflite").write_bytes(pack(bare, files | {"tfkd.json": two}))
    with pytest.raises(UserError, match="2 class names"):
        Classifier(tmp_path / "a.tflite")
