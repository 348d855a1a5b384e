"""A SavedModel that takes texts, as TensorFlow Serving is sent them."""

import gzip
import itertools
import json

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow_text", reason="needs tensorflow-text, in the extra text")
import tensorflow as tf

from tfkd.errors import UserError
from tfkd.exporting import export, formats, text_signature
from tfkd.exporting.calling import signature_of
from tfkd.students import build
from tfkd.text import TextEncoder, learn, wordpiece

LINES = ["A good film, and the café was naïve", "the acting was not good; don't go: 7/10"]
TEXTS = [
    *("A good film", "Not good!<br /><br>Don't", "Café NAÏVE", "the film " * 30, "x" * 150),
    *("这家酒店 good", "😀 film", "a\u00a0good\tfilm\u200b", "7/10 ...", "不，İ ﬁlm ①"),
]


@pytest.fixture(scope="module")
def encoder():
    return learn(LINES * 20, vocab_size=90, max_length=16)


def answers(folder, texts):
    loaded = tf.saved_model.load(str(folder))
    found = loaded.signatures["serving_default"](texts=tf.constant(texts))
    return {name: each.numpy() for name, each in found.items()}


@pytest.mark.slow_but_one
@pytest.mark.parametrize("name", ["text_cnn", "bilstm"])
def test_texts_in_probabilities_out(name, encoder, tmp_path):
    """Another cut, other pieces, padding that counts: an accuracy that only the server has."""
    student = build(name, encoder.vocab_size, 3, "tiny", seed=1)
    given = {"encoder": encoder, "labels": ["a", "b", "c"], "check": TEXTS}
    made = export(student, tmp_path / "1", tokenizer=True, **given)
    assert (made.format, made.checked, made.agreement) == ("saved_model", len(TEXTS), 1.0)
    found = answers(tmp_path / "1", TEXTS)
    for row, text in enumerate(TEXTS):
        want = np.asarray(student(np.array([encoder.encode(text)], "int32")))[0]
        np.testing.assert_allclose(found["logits"][row], want, atol=1e-5, err_msg=text)
    np.testing.assert_allclose(found["probabilities"].sum(1), 1, atol=1e-6)
    assert (found["probabilities"].argmax(1) == found["logits"].argmax(1)).all()


@pytest.mark.parametrize("lowercase", [True, False])
def test_the_ids_are_the_encoders(encoder, lowercase):
    """Accents, cases, breaks, head and tail."""
    pieces = {piece: i for i, piece in enumerate(encoder.vocabulary)}
    ours = TextEncoder(wordpiece(pieces, lowercase), 16)
    x = keras.Input((None,), dtype="int32", name="ids")
    model = keras.Model(x, keras.layers.Embedding(4, 3)(x)[:, 0])
    read = text_signature.TextSignature(signature_of(model), ours, "multiclass", squashed=False).ids
    for text in TEXTS:
        assert read(tf.constant([text])).numpy().tolist() == ours.encode_many([text]), text
    assert read(tf.constant(["", "film"])).numpy().tolist()[0][:2] == ours.encode("")


def test_a_binary_student_answers_for_both_classes(encoder, tmp_path):
    """A probability of one class for two."""
    student = build("text_cnn", encoder.vocab_size, 1, "tiny", seed=1)
    given = {"encoder": encoder, "labels": ["no", "yes"], "form": "binary", "tokenizer": True}
    export(student, tmp_path / "1", **given)
    found = answers(tmp_path / "1", TEXTS)
    expected = 1 / (1 + np.exp(-found["logits"][:, 0]))
    np.testing.assert_allclose(found["probabilities"][:, 1], expected, atol=1e-6)


def test_a_tokenizer_that_reads_otherwise_is_not_kept(encoder, tmp_path, monkeypatch):
    """A gate that looks at ids, and not at what becomes of texts."""
    student = build("text_cnn", encoder.vocab_size, 3, "tiny", seed=1)
    ids = formats.TextSignature.ids
    monkeypatch.setattr(formats.TextSignature, "ids", lambda self, texts: ids(self, texts)[:, :2])
    with pytest.raises(UserError, match="does not compute what the student computes"):
        export(student, tmp_path / "1", encoder=encoder, check=TEXTS, tokenizer=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "given", "words"),
    [
        ("a.tflite", {}, "is for a SavedModel: give a path without a suffix"),
        ("a", {"encoder": None}, "give the student's `encoder`"),
    ],
)
def test_what_cannot_be(path, given, words, encoder, tmp_path):
    """A flag that is taken and does nothing."""
    with pytest.raises(UserError, match=words):
        export(None, tmp_path / path, **{"encoder": encoder, "tokenizer": True, **given})


def test_without_tensorflow_text_its_extra_is_told(encoder, monkeypatch):
    """ModuleNotFoundError: tensorflow_text."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install .tfkd\[text\]"):
        text_signature.check_texts(encoder, "saved_model")


@pytest.mark.slow
def test_real_reviews_are_read_alike(shared):
    """Letters that no toy text has."""
    with gzip.open(shared / "data" / "imdb" / "test.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(each)["text"] for each in itertools.islice(lines, 0, 25_000, 25)]
    ours = learn(texts, vocab_size=8_000, max_length=128)
    x = keras.Input((None,), dtype="int32", name="ids")
    model = keras.Model(x, keras.layers.Embedding(4, 3)(x)[:, 0])
    read = text_signature.TextSignature(signature_of(model), ours, "multiclass", squashed=False).ids
    same = [read(tf.constant([t])).numpy()[0].tolist() == ours.encode(t) for t in texts]
    assert np.mean(same) > 0.99
