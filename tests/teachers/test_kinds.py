"""Teachers of every kind by name: the same model gives the same logits, however it was written."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hugging_face_folders import config_of, state
from hugging_face_folders import model as folder_of_kind
from tiny_bert import checkpoint, texts

keras = pytest.importorskip("keras")

from tfkd import Distiller, SoftTargets, distill, export, load_teacher, store, students
from tfkd.errors import UserError
from tfkd.models.saving import quiet_save
from tfkd.models.text_model import TextModel
from tfkd.tasks import Task
from tfkd.teachers import KINDS, digest_spec, save
from tfkd.teachers.joined import JointEncoder, split_rows
from tfkd.text import learn

TEXTS = ["a good film", "a bad film, a film", "good", "bad bad bad"] * 2
LABELS = ("bad", "good")


@pytest.fixture(scope="module")
def encoder():
    return learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=16)


@pytest.fixture(scope="module")
def model(encoder):
    made = students.build("text_cnn", encoder.vocab_size, 2, "tiny", seed=0)
    return TextModel(made, encoder, LABELS)


@pytest.fixture(scope="module")
def folder(model, encoder, tmp_path_factory):
    """One model as a .keras, a SavedModel and a .tflite, each with its tokenizer."""
    root = tmp_path_factory.mktemp("kinds")
    save(model, root / "keras")
    model.model.export(root / "saved", verbose=False)
    encoder.save(root / "saved")
    (root / "saved" / "labels.txt").write_text("bad\ngood\n")
    check = [(text, 0) for text in TEXTS]
    export(
        model.model,
        root / "model.tflite",
        quantize="float32",
        encoder=encoder,
        labels=LABELS,
        check=check,
    )
    return root


def spec(kind, folder):
    return {
        "keras": f"keras:{folder / 'keras'}",
        "saved_model": f"saved_model:{folder / 'saved'}",
        "tflite": f"tflite:{folder / 'model.tflite'}",
    }[kind]


@pytest.mark.parametrize("kind", ["keras", "saved_model", "tflite"])
def test_the_same_logits_from_every_kind(folder, model, kind):
    """A file whose inputs are in another order, or a signature that returns probabilities."""
    loaded = load_teacher(spec(kind, folder))
    np.testing.assert_allclose(loaded.logits(TEXTS), model.logits(TEXTS), atol=1e-5)
    assert loaded.labels == LABELS
    assert loaded.encoder.encode("a good film") == model.encoder.encode("a good film")
    assert digest_spec(spec(kind, folder)) == digest_spec(spec(kind, folder))


def test_answers_of_a_black_box_are_a_teacher(tmp_path, monkeypatch):
    """Answers of an API that no run can use, or that are found for other texts."""
    monkeypatch.chdir(tmp_path)
    rows = [{"text": f"a {w} film, number {i}", "label": i % 2} for i, w in enumerate(TEXTS * 6)]
    given = {row["text"]: [2.0, -2.0] if row["label"] else [-1.0, 1.0] for row in rows}

    def black_box(inputs, reads):
        return {"logits": np.array([given[t.decode()] for t in inputs["text"].numpy()], "float32")}

    black_box.fingerprint = "an API"
    store.write("answers", black_box, list(given), verbose=0)
    teacher = load_teacher("store:answers")
    texts = [rows[i]["text"] for i in (3, 0, 0)]
    np.testing.assert_array_equal(teacher.logits(texts), [[2, -2], [-1, 1], [-1, 1]])
    with pytest.raises(Exception, match="lacks 1 of 1 examples"):
        teacher.logits(["another film"])
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = {"vocab_size": 100, "max_length": 16, "epochs": 2, "alone": False, "to": "run"}
    # Its classes are the other way round than the data's.
    result = distill(
        data="data.jsonl",
        teacher="store:answers",
        teacher_labels="1,0",
        student="text_cnn:tiny",
        **settings,
    )
    assert result.report.rows[0].scores["accuracy"] == 1.0
    assert result.report.rows[0].latency_p50 is None
    assert "faster" not in " ".join(result.report.words)


@pytest.mark.slow_but_one
@pytest.mark.parametrize("kind", ["keras", "saved_model", "tflite"])
def test_every_kind_teaches_live_and_stored(folder, model, kind, tmp_path):
    """Another student from a file than from the model that it was made of."""
    ids = np.array([each + [0] * (16 - len(each)) for each in model.encoder.encode_many(TEXTS)])

    def trained(data, teacher=None):
        student = students.build("text_cnn", 60, 2, "tiny", seed=1, dropout=0.0)
        distiller = Distiller(student=student, teacher=teacher, objective=SoftTargets())
        distiller.compile(keras.optimizers.SGD(0.5))
        distiller.fit(data, verbose=0)
        return student.get_weights()

    data = tf.data.Dataset.from_tensor_slices(ids.astype("int32")).batch(4)
    want = trained(data, model.model)
    teacher = load_teacher(spec(kind, folder))
    store.write(tmp_path, teacher, data, dtype="float32", verbose=0)
    for got in (trained(data, teacher), trained(store.join(tmp_path, data, teacher=teacher))):
        for a, b in zip(want, got, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


def test_every_kind_gets_the_length_that_it_declares(encoder, tmp_path):
    """A file of 16 tokens, run at the length of the text beside it, or cut without its end."""
    ids = keras.Input((12,), dtype="int32", name="input_ids")
    x = keras.layers.Embedding(60, 6, embeddings_initializer="normal")(ids)
    x = keras.layers.Conv1D(5, 3, activation="relu")(x)
    model = keras.Model(ids, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(x)))
    save(TextModel(model, encoder, LABELS), tmp_path / "keras")
    model.export(tmp_path / "saved", verbose=False)
    (tmp_path / "lite").mkdir()
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
    (tmp_path / "lite" / "model.tflite").write_bytes(converter.convert())
    for folder in ("saved", "lite"):
        encoder.save(tmp_path / folder)
    some = [*TEXTS, "a good film, " * 9]
    cut = learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=12)
    rows = np.array([each + [0] * (12 - len(each)) for each in cut.encode_many(some)], "int32")
    want = model.predict(rows, verbose=0)
    for given in ("keras:{}/keras", "saved_model:{}/saved", "tflite:{}/lite/model.tflite"):
        teacher = load_teacher(given.format(tmp_path))
        np.testing.assert_allclose(teacher.logits(some), want, atol=1e-5)
        np.testing.assert_allclose(teacher.logits(some[:1]), want[:1], atol=1e-5)
        with pytest.raises(UserError, match=r"max_length is 14, and .* reads 12 tokens"):
            load_teacher(given.format(tmp_path), max_length=14)


@pytest.mark.parametrize(("classes", "activation"), [(3, "softmax"), (1, "sigmoid"), (1, None)])
def test_probabilities_of_a_file_are_read_as_logits(classes, activation, encoder, tmp_path):
    """A softmax over probabilities: a teacher that is unsure of everything."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((12,), dtype="int32", name="input_ids")
    x = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(60, 6, "normal")(ids))
    model = keras.Model(ids, keras.layers.Dense(classes, activation, name="out")(x * 20))
    save(TextModel(model, encoder), tmp_path / "keras")
    want = load_teacher(f"keras:{tmp_path}/keras").logits(TEXTS)
    model.export(tmp_path / "saved", verbose=False)
    (tmp_path / "lite").mkdir()
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
    (tmp_path / "lite" / "model.tflite").write_bytes(converter.convert())
    for given in ("saved_model:{}/saved", "tflite:{}/lite/model.tflite"):
        encoder.save(tmp_path / given.split("/")[1])
        found = load_teacher(given.format(tmp_path)).logits(TEXTS)
        p, q = (np.array(tf.nn.softmax(each)) for each in (found, want))
        np.testing.assert_allclose(p, q, atol=1e-5)


def test_hub_and_tf_read_one_folder(tmp_path):
    """One checkpoint, two libraries, head included."""
    path = checkpoint(tmp_path, classes=3)
    ids = texts()
    hub, tensorflow, either = (load_teacher(f"{kind}:{path}") for kind in ("hub", "tf", "hf"))
    np.testing.assert_allclose(hub(ids), tensorflow(ids), atol=1e-4)
    np.testing.assert_array_equal(hub(ids), either(ids))
    assert hub.labels == tensorflow.labels == ("class 0", "class 1", "class 2")


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs the extra tfkd[torch]")
def test_torch_reads_the_same_folder(tmp_path):
    """Today's checkpoints, which only PyTorch loads."""
    path = checkpoint(tmp_path, classes=3)
    torch, hub = (load_teacher(f"{kind}:{path}") for kind in ("torch", "hub"))
    np.testing.assert_allclose(torch(texts()), hub(texts()), atol=1e-4)
    with pytest.raises(UserError, match="has no classification head"):
        load_teacher(f"torch:{checkpoint(tmp_path / 'encoder', head=False)}")


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs the extra tfkd[torch]")
def test_an_empty_text_has_one_answer(tmp_path):
    """A GPT-2 of PyTorch whose answer to an empty text depends on the other texts."""
    import transformers

    config = config_of("gpt2", tmp_path)
    transformers.GPT2ForSequenceClassification(config).save_pretrained(tmp_path)
    teacher = load_teacher(f"torch:{tmp_path}")
    alone, beside = teacher.logits([""])[0], teacher.logits(["", "a bad film is a long film"])[0]
    np.testing.assert_allclose(alone, beside, atol=1e-5)


@pytest.mark.parametrize("kind", ["tf", "torch"])
def test_another_configuration_is_another_teacher(kind, tmp_path):
    """A store of the old model's outputs, for a model of the same weights and other settings."""
    if kind == "torch":
        pytest.importorskip("torch")
    prints = []
    for changes in ({}, {"hidden_act": "relu"}, {"architectures": None, "transformers_version": 1}):
        folder_of_kind("roberta", tmp_path)
        state(tmp_path, "config.json", **changes)
        prints.append(store.fingerprint(load_teacher(f"{kind}:{tmp_path}"))["teacher"])
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
def test_torch_names_its_extra(tmp_path):
    """Forty lines of an import that failed."""
    with pytest.raises(UserError, match=r'pip install "tfkd\[torch\]"'):
        load_teacher(f"torch:{checkpoint(tmp_path)}")


def test_a_preset_of_keras_hub(tmp_path):
    """What a user of KerasHub has saved."""
    hub = pytest.importorskip("keras_hub")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "film"]
    tokenizer = hub.tokenizers.BertTokenizer(vocabulary=words, lowercase=True)
    backbone = hub.models.BertBackbone(
        len(words), num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16
    )
    made = hub.models.BertTextClassifier(
        backbone,
        num_classes=2,
        preprocessor=hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=8),
    )
    with quiet_save():
        made.save_to_preset(str(tmp_path / "preset"))
    loaded = load_teacher(f"hub:{tmp_path / 'preset'}")
    some = ["a good film", "bad"]
    np.testing.assert_allclose(loaded.logits(some), made.predict(some, verbose=0), atol=1e-5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("saved_model:{}/keras", "is no SavedModel: it has no saved_model.pb"),
        ("saved_model:{}/saved#other", "has the signatures .*serv.* and not 'other'"),
        ("tflite:{}/keras/model.keras", "is not a LiteRT model"),
        ("hub:{}/saved", r"is no Hugging Face model folder"),
        ("onnx:{}/model.onnx", r"unknown teacher .*`tflite:PATH`"),
    ],
)
def test_what_cannot_be_loaded(folder, given, words):
    """A path that is mistyped, in the words of four libraries."""
    with pytest.raises(UserError, match=words) as caught:
        load_teacher(given.format(folder))
    assert "\n" not in str(caught.value)


def test_several_as_one(folder, model, tmp_path):
    """`a + b`: the mean of the probabilities, each with its own tokenizer."""
    own = learn(["film a good bad " * 3] * 9, vocab_size=40, max_length=8)
    made = students.build("text_cnn", own.vocab_size, 2, "tiny", seed=5)
    other = TextModel(made, own, ("good", "bad"))  # in another order
    save(other, tmp_path / "other")
    given = f"{spec('keras', folder)} + keras:{tmp_path / 'other'}"
    both = load_teacher(given)

    def p(logits):
        raised = np.exp(logits - logits.max(-1, keepdims=True))
        return raised / raised.sum(-1, keepdims=True)

    want = (p(model.logits(TEXTS)) + p(other.logits(TEXTS))[:, ::-1]) / 2
    np.testing.assert_allclose(p(both.logits(TEXTS)), want, atol=1e-5)
    assert both.labels == LABELS
    assert digest_spec(given) != digest_spec(" + ".join(given.split(" + ")[::-1]))
    store.write(tmp_path / "s", both, TEXTS, verbose=0)
    again = store.Store(tmp_path / "s", teacher=both)
    rows = np.array([each + [0] * (40 - len(each)) for each in both.encoder.encode_many(TEXTS)])
    found = again.targets(rows.astype("int32"))["logits"]
    np.testing.assert_allclose(p(found.astype("float32")), want, atol=1e-3)


def test_teachers_of_other_classes_do_not_join(folder, tmp_path):
    """The mean of a film critic and a spam filter."""
    own = learn(["ham spam"] * 9, vocab_size=40, max_length=8)
    for name, labels in (("two", ("ham", "spam")), ("three", ("bad", "good", "mixed"))):
        made = students.build("text_cnn", own.vocab_size, len(labels), "tiny")
        save(TextModel(made, own, labels), tmp_path / name)
        with pytest.raises(UserError, match="give teachers of the same classes"):
            load_teacher(f"{spec('keras', folder)} + keras:{tmp_path / name}")


def test_rows_of_several_tokenizers_come_apart():
    """One teacher that reads the other's pieces."""
    one, two = (
        learn([words] * 9, vocab_size=60, max_length=12)
        for words in ("a good film", "films are bad")
    )
    joint = JointEncoder([one, two])
    every = ["a good film", "", "films are bad are bad"]
    rows = joint.encode_many(every)
    padded = np.array([each + [0] * (60 - len(each)) for each in rows], "int32")
    for got, encoder in zip(split_rows(tf.constant(padded), [0, 0]), (one, two), strict=True):
        for row, text in zip(got.numpy(), every, strict=True):
            assert row[row != 0].tolist() == encoder.encode(text)


def test_classes_without_names_join_in_their_order(folder, model, tmp_path):
    """`LABEL_0` of a checkpoint that nobody has named the classes of."""
    made = students.build("text_cnn", 60, 2, "tiny", seed=5)
    save(TextModel(made, model.encoder, ("LABEL_0", "LABEL_1")), tmp_path / "plain")
    both = load_teacher(f"{spec('keras', folder)} + keras:{tmp_path / 'plain'}")
    assert both.labels == LABELS


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_another_file_is_another_teacher(folder, kind, tmp_path, encoder):
    """Two files of one kind, taken for one teacher by the store."""
    made = students.build("text_cnn", encoder.vocab_size, 2, "tiny", seed=9)
    made.export(tmp_path / "saved", verbose=False)
    encoder.save(tmp_path / "saved")
    (tmp_path / "saved" / "labels.txt").write_text("bad\ngood\n")
    check = [(text, 0) for text in TEXTS]
    export(made, tmp_path / "model.tflite", encoder=encoder, labels=LABELS, check=check)
    one, again, other = (load_teacher(spec(kind, each)) for each in (folder, folder, tmp_path))
    assert store.fingerprint(one) == store.fingerprint(again)
    assert store.fingerprint(one) != store.fingerprint(other)
    store.write(tmp_path / "s", one, TEXTS, verbose=0)
    with pytest.raises(UserError, match="holds the outputs of another teacher"):
        store.write(tmp_path / "s", other, TEXTS, verbose=0)


def test_every_kind_is_told_of():
    """A kind that works and that no reader ever hears of."""
    for prefix, kind in KINDS.items():
        assert kind.pattern.startswith(f"{prefix}:")
        assert f"| `{kind.pattern}` |" in load_teacher.__doc__


class Tagging(Task):
    """A tag for each token."""

    name, features, hugging_face = "tagging", "tokens", "ForTokenClassification"

    def output_shapes(self, schema):
        return {"logits": (None, len(schema.labels))}


@pytest.mark.parametrize("kind", ["hub", "tf"])
def test_a_teacher_of_another_task(tmp_path, kind):
    """A tagger read as a classifier has one answer for all tokens."""
    path = checkpoint(tmp_path, classes=3, architectures=["BertForTokenClassification"])
    teacher = load_teacher(f"{kind}:{path}", task=Tagging())
    assert teacher.shapes == {"logits": (None, 3)}
    rows = [{"input_ids": [2, 7, 8, 3]}, {"input_ids": [2, 3]}]
    assert [row["logits"].shape for row in teacher.run(rows)] == [(4, 3), (2, 3)]
    classifier = load_teacher(f"{kind}:{checkpoint(tmp_path / 'texts')}")
    with pytest.raises(UserError, match=r"expected \[batch, tokens, classes\]"):
        classifier.check({"logits": (None, 3)})
