"""Nothing is exported unverified: each test here is a file that looked fine and was not."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf
from keras import layers, ops

from tfkd import tasks
from tfkd.data import Schema
from tfkd.errors import UserError
from tfkd.exporting import export, formats
from tfkd.exporting.gate import Difference, Figures, check_figures
from tfkd.runtime import Classifier
from tfkd.runtime.bundle import read_encoder
from tfkd.runtime.interpreter import LiteRT
from tfkd.runtime.quantisations import FLOAT32, KINDS
from tfkd.runtime.zip_tail import unpack
from tfkd.text import learn

NAMES = ["bad", "good", "mixed"]
TEXTS = ["a good film", "a bad film, and not a good one", "a film " * 30]


@pytest.fixture(scope="module")
def encoder():
    lines = ["a good film and a bad film", "the acting was not good but the story is"] * 20
    return learn(lines, vocab_size=80, max_length=32)


def ids():
    return keras.Input((None,), dtype="int32", name="input_ids")


def mask(tokens):
    return ops.expand_dims(ops.cast(ops.not_equal(tokens, 0), "float32"), -1)


def bag(vocab=80, classes=3, activation=None):
    """Word pieces and hashed pairs of them, averaged."""
    tokens = ids()
    following = ops.pad(tokens[:, 1:], [[0, 0], [0, 1]])
    pairs = ops.mod(tokens * 31 + following * 17, 512)
    x = layers.Embedding(vocab, 8)(tokens) + layers.Embedding(512, 8)(pairs)
    keep = mask(tokens)
    x = ops.sum(x * keep, axis=1) / ops.maximum(ops.sum(keep, axis=1), 1.0)
    logits = layers.Dense(classes, activation=activation)(x)
    return keras.Model({"input_ids": tokens}, {"logits": logits})


def text_cnn(vocab=80):
    tokens = ids()
    keep = mask(tokens)
    x = layers.Embedding(vocab, 16)(tokens) * keep
    seen = [layers.Conv1D(16, k, padding="same", activation="relu")(x) * keep for k in (2, 3)]
    return keras.Model(tokens, layers.Dense(3)(layers.Concatenate()([ops.max(y, 1) for y in seen])))


class Positions(layers.Layer):
    """Learnt positions: a second, small embedding that ids must not be measured against."""

    def __init__(self, length, dim):
        super().__init__()
        self.table = layers.Embedding(length, dim)

    def call(self, x):
        return x + self.table(ops.arange(ops.shape(x)[1]))


def transformer(vocab=80):
    tokens = ids()
    x = Positions(32, 16)(layers.Embedding(vocab, 16)(tokens))
    seen = ops.expand_dims(ops.not_equal(tokens, 0), 1)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x, attention_mask=seen))
    x = layers.LayerNormalization()(x + layers.Dense(16)(layers.Dense(32, activation="gelu")(x)))
    return keras.Model(tokens, layers.Dense(3)(x[:, 0]))


def bilstm(vocab=80):
    tokens = ids()
    x = layers.Embedding(vocab, 16, mask_zero=True)(tokens)
    return keras.Model(tokens, layers.Dense(3)(layers.Bidirectional(layers.LSTM(8))(x)))


def features(activation=None, classes=3):
    x = keras.Input((6,), name="x")
    return keras.Model(x, layers.Dense(classes, activation=activation)(x))


def strings():
    class Length(layers.Layer):
        def call(self, tokens):
            return tf.cast(tf.strings.length(tf.strings.as_string(tokens)), tf.float32)

        def compute_output_shape(self, shape):
            return shape

    tokens = keras.Input((4,), dtype="int32", name="input_ids")
    return keras.Model(tokens, layers.Dense(3)(Length()(tokens)))


def keras_logits(student, encoder, texts):
    """Each text alone, unpadded: what the user trained."""
    out = []
    for text in texts:
        tokens = np.array([encoder.encode(text)], "int32")
        feed = {"input_ids": tokens} if isinstance(student.input, dict) else tokens
        got = student(feed, training=False)
        out.append(np.asarray(got["logits"] if isinstance(got, dict) else got)[0])
    return np.array(out)


@pytest.mark.slow_but_one
@pytest.mark.parametrize("build", [bag, text_cnn, transformer, bilstm])
def test_each_student_exports_in_each_quantisation(build, encoder, tmp_path):
    """A file with uninitialised weights, a baked length or flex ops would all 'convert'."""
    keras.utils.set_random_seed(1)
    student = build()
    want = keras_logits(student, encoder, TEXTS)
    for quantize, near in ((None, 1e-3), ("float16", 2e-2), ("int8", 5e-2)):
        path = tmp_path / f"{quantize}.tflite"
        made = export(student, path, quantize=quantize, encoder=encoder, labels=NAMES)
        classifier = Classifier(path)
        assert np.abs(classifier.logits(TEXTS) - want).max() <= near * np.abs(want).max()
        assert classifier.labels == tuple(NAMES)
        assert (made.bytes, made.checked) == (path.stat().st_size, 8)
        assert made.quantize == quantize
        shape, _ = LiteRT(path).inputs["input_ids"]
        assert shape == ((1, None) if build is bilstm else (None, None))


def test_settings_travel_inside(encoder, tmp_path):
    """Preprocessing that stays on the training machine is the classic cause of 49 % on a phone."""
    path = tmp_path / "a.tflite"
    export(bag(), path, encoder=encoder, labels=NAMES)
    files = unpack(path.read_bytes())
    settings = json.loads(files["tfkd.json"])
    assert files["labels.txt"] == "bad\ngood\nmixed\n"
    assert files["vocab.txt"].split("\n")[:-1] == encoder.vocabulary
    assert settings["task"] == "text-classification"
    assert settings["schema"] == {"labels": NAMES, "settings": {}}
    assert settings["static"] == {"batch": None, "length": None}
    expected = {"max_length": 32, "lowercase": True, "tokenizer": "wordpiece", "pad_id": 0}
    expected |= {"inputs": ["input_ids"], "form": "multiclass", "format": 2}
    expected |= {"outputs": {"logits": {"name": "logits", "activation": None}}}
    assert settings.items() >= expected.items()


def test_int8_is_a_quarter(tmp_path):
    """An embedding left in float32 is most of a text model."""
    student = bag(vocab=4000)
    sizes = [
        export(student, tmp_path / f"{q}.tflite", quantize=q).bytes
        for q in ("float32", "float16", "int8")
    ]
    assert sizes[1] < 0.6 * sizes[0]
    assert sizes[2] < 0.35 * sizes[0]


def test_labelled_texts_give_both_scores(encoder, tmp_path):
    student = bag()
    classes = keras_logits(student, encoder, TEXTS).argmax(-1)
    check = [(text, NAMES[i]) for text, i in zip(TEXTS, classes, strict=True)]
    check[0] = (
        TEXTS[0],
        int(classes[0] + 1) % 3,
    )  # a number is as good as a name; here it is wrong
    made = export(student, tmp_path / "a.tflite", encoder=encoder, labels=NAMES, check=check)
    texts = export(student, tmp_path / "a.tflite", encoder=encoder, check=np.array(TEXTS))
    assert (texts.checked, texts.score) == (3, None)
    assert made.score == made.keras_score == pytest.approx(2 / 3)
    assert made.checked == 3


def test_other_inputs_need_no_encoder(tmp_path):
    made = export(features(), tmp_path / "a.tflite", check=np.ones((5, 6), "float32"))
    assert (made.checked, made.score) == (5, None)
    assert unpack((tmp_path / "a.tflite").read_bytes()) == {}
    two = [keras.Input((3,), name="a"), keras.Input((2,), name="b")]
    both = keras.Model(two, layers.Dense(2)(layers.Concatenate()(two)))
    assert export(both, tmp_path / "b.tflite").checked == 32
    feed = {"a": np.ones((4, 3)), "b": np.zeros((4, 2))}
    assert export(both, tmp_path / "b.tflite", check=feed).checked == 4
    with pytest.raises(UserError, match="`check` holds a; the model takes a, b"):
        export(both, tmp_path / "b.tflite", check={"a": np.ones((4, 3))})


def test_a_subclassed_student_is_learnt_from_arrays(tmp_path):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    student = Own()
    with pytest.raises(UserError, match=r"inputs of 'own.*' are unknown"):
        export(student, tmp_path / "a.tflite")
    assert export(student, tmp_path / "a.tflite", check=np.ones((4, 6), "float32")).checked == 4


def test_softmaxes_of_all_heads_are_not_applied_twice(encoder, tmp_path):
    """The first head was right, all others said something else, and the check found nothing."""
    task = tasks.as_task("tone=text-classification+topic=text-classification")
    names = {"tone.labels": ("bad", "good"), "topic.labels": ("a", "b", "c")}
    schema = Schema((), {**task.settings, **names})
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    wide = keras.initializers.RandomNormal(stddev=3.0, seed=0)
    pooled = ops.mean(layers.Embedding(80, 8, embeddings_initializer=wide)(ids), axis=1)
    heads = {
        f"{head}.logits": layers.Dense(count, activation="softmax")(pooled)
        for head, count in (("tone", 2), ("topic", 3))
    }
    student = keras.Model(ids, heads)
    path = tmp_path / "a.tflite"
    export(student, path, encoder=encoder, task=task, schema=schema, check=["a good film", "bad"])
    row = np.array(encoder.encode_many(["a good film"]), "int32")
    found, expected = LiteRT(path)({"input_ids": row}), student(row)
    for name in heads:
        np.testing.assert_allclose(ops.softmax(found[name]), expected[name], atol=1e-5)
    kinds = json.loads(unpack(path.read_bytes())["tfkd.json"])["outputs"]
    assert {each["activation"] for each in kinds.values()} == {None}


def test_a_softmax_is_not_applied_twice(encoder, tmp_path):
    """A second softmax keeps the class and flattens each probability towards one half."""
    student = bag(activation="softmax")
    export(student, tmp_path / "a.tflite", encoder=encoder, labels=NAMES)
    want = keras_logits(student, encoder, TEXTS)
    got = Classifier(tmp_path / "a.tflite").predict(TEXTS)
    assert [list(each.probabilities.values()) for each in got] == [
        pytest.approx(row, abs=1e-5) for row in want
    ]


def test_probabilities_that_keras_hides_are_recognised(encoder, tmp_path):
    tokens = ids()
    x = ops.mean(layers.Embedding(80, 3)(tokens), axis=1)
    raised = ops.exp(x)
    student = keras.Model(tokens, raised / ops.sum(raised, axis=-1, keepdims=True))
    export(student, tmp_path / "a.tflite", encoder=encoder, labels=NAMES)
    settings = json.loads(unpack((tmp_path / "a.tflite").read_bytes())["tfkd.json"])
    assert settings["outputs"]["logits"]["activation"] == "softmax"
    [got] = Classifier(tmp_path / "a.tflite").predict(["a good film a good film"])
    assert sum(got.probabilities.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_one_logit_for_two_classes(encoder, tmp_path, activation):
    student = bag(classes=1, activation=activation)
    path = tmp_path / "a.tflite"
    export(student, path, encoder=encoder, labels=["bad", "good"], form="binary")
    want = keras_logits(student, encoder, TEXTS)[:, 0]
    want = want if activation else 1 / (1 + np.exp(-want))
    got = [each.probabilities["good"] for each in Classifier(path).predict(TEXTS)]
    assert got == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize("name", ["student.keras", "student"])
def test_keras_formats_have_the_tokenizer_inside(name, encoder, tmp_path):
    student = bag()
    for _ in range(2):  # the second time over the first
        made = export(student, tmp_path / "run" / name, encoder=encoder, labels=NAMES)
    if made.format == "saved_model":
        names = {each.name for each in made.path.iterdir()}
        assert (made.path / "labels.txt").read_text() == "bad\ngood\nmixed\n"
        assert {"vocab.txt", "tokenizer.json"} <= names
    else:
        assert unpack(made.path)["labels.txt"] == "bad\ngood\nmixed\n"
        assert read_encoder(unpack(made.path))[0].vocabulary == encoder.vocabulary
    assert made.max_difference == pytest.approx(0.0, abs=1e-6)
    assert [each.name for each in (tmp_path / "run").iterdir()] == [name]


def test_flex_ops_are_named(tmp_path):
    """Keras's own LiteRT export lets them in, and no plain interpreter opens the file."""
    with pytest.raises(UserError, match="uses AsString, StringLength, which no plain LiteRT"):
        export(strings(), tmp_path / "a.tflite")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_differs_never_gets_the_name(tmp_path, monkeypatch):
    """The converter once wrote uninitialised weights without a word."""
    path = tmp_path / "a.tflite"
    export(features(), path)
    before = path.read_bytes()
    other = formats.flatbuffer(formats.signature_of(features()), FLOAT32)
    monkeypatch.setattr(formats, "flatbuffer", lambda *order: other)
    with pytest.raises(UserError, match=r"int8 file does not .* 32 examples .*export as"):
        export(features(), path, quantize="int8")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.tflite"]


def figures(**changes):
    """Of a file without a fault, but for the changes."""
    measured = {"max_difference": 0.0, "mean_difference": 0.0, "scale": 10.0}
    measured |= {name: changes.pop(name) for name in list(changes) if name in measured}
    base = {"checked": 200, "agreement": 1.0, "widest_flip": 0.0}
    base |= {"between_0_and_1": False, "sum_to_1": False}
    return Figures(differences=(Difference("logits", **measured),), **(base | changes))


@pytest.mark.parametrize(
    ("quantize", "changes"),
    [
        ("float32", {"max_difference": 0.0101}),
        ("float16", {"max_difference": 0.51}),
        ("int8", {"mean_difference": 0.51}),
        ("int8", {"mean_difference": float("nan")}),
        ("int8", {"agreement": 0.975}),
        ("float32", {"agreement": 0.985}),
        ("int8", {"checked": 10, "widest_flip": 1.01}),
        ("int16x8", {"agreement": 0.979}),
        ("full-int8", {"agreement": 0.969}),
        ("int4", {"mean_difference": 1.01}),
    ],
)
def test_the_gate_closes(quantize, changes):
    with pytest.raises(UserError, match="does not compute"):
        check_figures(figures(**changes), KINDS[quantize])


@pytest.mark.parametrize(
    ("quantize", "changes"),
    [
        ("float32", {"max_difference": 0.0099}),
        ("float16", {"max_difference": 0.49}),
        ("int8", {"max_difference": 5.0, "mean_difference": 0.49, "agreement": 0.981}),
        ("int8", {"checked": 10, "agreement": 0.7, "widest_flip": 0.99}),
    ],
)
def test_the_gate_opens(quantize, changes):
    check_figures(figures(**changes), KINDS[quantize])


@pytest.mark.parametrize("quantize", ["float32", "float16"])
def test_masked_classes_differ_by_nothing(quantize, tmp_path):
    """The converter writes -inf as -3.4e38 or -65504: an endless difference that means nothing."""
    x = keras.Input((6,), name="x")
    masked = ops.array([[0.0, -1e9, -np.inf]])
    student = keras.Model(x, layers.Dense(3)(x) + masked)
    assert export(student, tmp_path / "a.tflite", quantize=quantize).max_difference < 1e-2


def test_nan_is_refused(tmp_path):
    student = features()
    student.layers[-1].bias.assign([np.nan, 0.0, 0.0])
    with pytest.raises(UserError, match="the student returns NaN"):
        export(student, tmp_path / "a.tflite")


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("a.h5", {}, "ends in '.h5': write `.tflite`"),
        ("a.h5", {"format": "keras"}, "does not end in `.keras`"),
        ("a.tflite", {"format": "saved_model"}, "a SavedModel is a folder"),
        ("a.tflite", {"format": "h5"}, "'litert', 'keras', 'onnx', 'saved_model', 'tflite'"),
        ("a.tflite", {"quantize": "int2"}, "'float32', 'float16', 'int16x8', 'int8'"),
        ("a.tflite", {"quantize": "full-int8"}, "give `calibration`, some hundred"),
        ("a.keras", {"quantize": "int8"}, "needs a LiteRT file"),
        ("a.tflite", {"labels": ["a", "b"]}, "2 labels came for a student of 3 classes"),
        ("a.tflite", {"labels": ["a", "a", "b"]}, "different names"),
        ("a.tflite", {"labels": ["a", "b", "c\nd"]}, "each one line"),
        ("a.tflite", {"labels": "abc"}, "list of class names"),
        ("a.tflite", {"form": "multi"}, "'multiclass', 'binary'"),
        ("a.tflite", {"form": "binary"}, "the student has 3"),
        ("a.tflite", {"check": ["a text"]}, "need the encoder"),
        ("a.tflite", {"check": np.zeros((0, 6))}, "have 0 rows"),
        ("folder.tflite", {}, "is a folder"),
        ("full", {}, "holds other files"),
        ("file", {}, "is a file"),
        ("old.tflite", {"overwrite": False}, "exists"),
        ("file/a.tflite", {}, "cannot write"),
        ("/proc/a.tflite", {}, "cannot write"),
    ],
)
def test_wrong_arguments_are_one_sentence_and_lose_nothing(name, arguments, sentence, tmp_path):
    (tmp_path / "folder.tflite").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("more work")
    (tmp_path / "old.tflite").write_text("old")
    if name.startswith("/proc") and sys.platform != "linux":
        pytest.skip("a folder that nobody can write, root included, is known on Linux only")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=sentence):
        export(features(), tmp_path / name, **arguments)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "more work"
    assert (tmp_path / "old.tflite").read_text() == "old"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"check": [("a film", "ugly")]}, "label 'ugly' .* bad, good, mixed"),
        ({"check": [("a film", 3)]}, "label 3"),
        ({"check": ["a film", " "]}, "none blank"),
        ({"check": []}, "not empty"),
    ],
)
def test_wrong_checks(arguments, sentence, encoder, tmp_path):
    with pytest.raises(UserError, match=sentence):
        export(bag(), tmp_path / "a.tflite", encoder=encoder, labels=NAMES, **arguments)


def test_a_vocabulary_larger_than_the_embedding(encoder, tmp_path):
    """On a GPU Keras reads zeros for such ids, and only LiteRT fails, on the user's phone.

    The hashed pairs have 512 rows: they are not what the ids go into.
    """
    with pytest.raises(UserError, match=rf"has {encoder.vocab_size} ids .* 20 rows"):
        export(bag(vocab=20), tmp_path / "a.tflite", encoder=encoder)


def test_an_encoder_for_a_model_without_ids(encoder, tmp_path):
    with pytest.raises(UserError, match=r"one input of ids .* x \[None, 6\] float32"):
        export(features(), tmp_path / "a.tflite", encoder=encoder)


def test_what_is_no_keras_model(tmp_path):
    with pytest.raises(UserError, match=r"takes a Keras 3 model, .* and got builtins.str"):
        export("small.keras", tmp_path / "a.tflite")


def test_a_disk_that_fills_up_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "a.tflite"
    path.write_bytes(b"older")

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="No space left on device"):
        export(features(), path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_the_converter_keeps_quiet(tmp_path, capfd):
    """Forty lines of MLIR hide the one sentence that matters."""
    export(features(), tmp_path / "a.tflite", quantize="int8")
    assert capfd.readouterr() == ("", "")
