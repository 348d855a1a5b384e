"""Models that read one length, or whose answers depend on the padding: one answer for one text."""

import dataclasses
import json
import logging

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf

from tfkd import Distiller, Ensemble, SoftTargets, load_teacher, store, students
from tfkd.models.lengths import declared_length
from tfkd.models.saving import save_keras
from tfkd.models.text_model import TextModel
from tfkd.text import learn, load

layers = keras.layers
LENGTH = 16
WORDS = ["good", "bad", "plot", "cast", "film", "was", "is", "not", "the", "a", "dull", "fine"]
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(WORDS, n)) for n in (1, 3, 12, 5, 40, 2, 7)]


@pytest.fixture(scope="module")
def encoder():
    return learn([" ".join(WORDS)] * 9, vocab_size=60, max_length=LENGTH)


def embed(ids, mask=False):
    return layers.Embedding(60, 6, mask_zero=mask, embeddings_initializer="normal")(ids)


KINDS = {
    "mean": lambda ids: layers.GlobalAveragePooling1D()(embed(ids)),
    "flatten": lambda ids: layers.Flatten()(embed(ids)),
    "recurrent": lambda ids: layers.Bidirectional(layers.GRU(4))(embed(ids)),
    "convolution": lambda ids: layers.GlobalMaxPooling1D()(layers.Conv1D(6, 5)(embed(ids))),
    "attention": lambda ids: layers.GlobalAveragePooling1D()(
        layers.MultiHeadAttention(2, 3)(*[embed(ids)] * 2)
    ),
}


def model_of(kind, length, dtype="int32"):
    keras.utils.set_random_seed(1)
    ids = keras.Input((length,), dtype=dtype)
    return keras.Model(ids, layers.Dense(3)(KINDS[kind](ids)))


def padded(encoder, texts, length=LENGTH):
    rows = [ids[:length] for ids in encoder.encode_many(texts)]
    return np.array([ids + [0] * (length - len(ids)) for ids in rows], "int32")


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_declared_length_is_what_the_model_gets(encoder, kind, dtype):
    """`Input((16,))` that ran at the length of the longest text beside it."""
    model = model_of(kind, LENGTH, dtype)
    want = model.predict(padded(encoder, TEXTS), verbose=0)
    found = TextModel(model, encoder).check()
    assert found.length == declared_length(model) == LENGTH
    np.testing.assert_allclose(found.logits(TEXTS), want, atol=1e-5)
    alone = np.concatenate([found.logits([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, want, atol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "flatten"])
def test_answers_that_depend_on_padding_are_noticed(encoder, kind, caplog):
    """A free length, and another answer for each batch that a text is in."""
    model = model_of(kind, None)
    with caplog.at_level(logging.WARNING, "tfkd"):
        found = TextModel(model, encoder, origin="cnn").check()
    assert "cnn answers otherwise where a text is padded" in caplog.text
    want = model.predict(padded(encoder, TEXTS), verbose=0)
    np.testing.assert_allclose(found.logits(TEXTS), want, atol=1e-5)
    np.testing.assert_allclose(found.logits(TEXTS[:1]), want[:1], atol=1e-5)


def test_a_masked_model_keeps_its_free_length(encoder, caplog):
    """Every text padded to 256 tokens for nothing."""
    ids = keras.Input((None,), dtype="int32")
    x = layers.Bidirectional(layers.LSTM(4))(embed(ids, mask=True))
    with caplog.at_level(logging.WARNING, "tfkd"):
        found = TextModel(keras.Model(ids, layers.Dense(2)(x)), encoder).check()
    assert (found.length, caplog.text) == (None, "")


def test_a_tokenizer_cuts_at_the_length_of_the_model(encoder):
    """A text whose end was cut off, `[SEP]` included."""
    found = TextModel(model_of("mean", 8), encoder)
    assert found.encoder.max_length == 8
    assert encoder.max_length == LENGTH
    assert found.encoder.encode(TEXTS[4])[-1] == encoder.encode(TEXTS[4])[-1]


def test_inputs_of_several_names_are_all_padded(encoder):
    """A mask that is shorter than the ids."""
    ids, mask = (keras.Input((LENGTH,), dtype="int32", name=n) for n in ("token_ids", "input_mask"))
    weights = keras.ops.cast(mask, "float32")[..., None]
    vectors = embed(ids) * weights
    x = layers.Flatten()(vectors)
    model = keras.Model({"token_ids": ids, "input_mask": mask}, layers.Dense(2)(x))
    rows = padded(encoder, TEXTS)
    want = model.predict({"token_ids": rows, "input_mask": (rows != 0).astype("int32")}, verbose=0)
    np.testing.assert_allclose(TextModel(model, encoder).logits(TEXTS), want, atol=1e-5)


def test_outputs_of_tokens_are_as_many_as_came(encoder):
    """Hidden states of padding, compared with those of the student's tokens."""
    ids = keras.Input((LENGTH,), dtype="int32")
    vectors = embed(ids)
    logits = layers.Dense(2)(layers.Flatten()(vectors))
    found = TextModel(keras.Model(ids, {"logits": logits, "tokens": vectors}), encoder)
    outputs = found.outputs(np.array([[2, 5, 3]], "int32"), ("logits", "tokens"))
    assert outputs["tokens"].shape == (1, 3, 6)
    assert outputs["logits"].shape == (1, 2)


def batches_of_any_length(encoder):
    ids = [np.array(each, "int32") for each in encoder.encode_many(TEXTS)]
    rows = tf.data.Dataset.from_generator(
        lambda: iter(ids), output_signature=tf.TensorSpec((None,), tf.int32)
    )
    return rows.apply(tf.data.experimental.assert_cardinality(len(ids))).padded_batch(2)


def trained(data, teacher):
    student = students.build("text_cnn", 60, 3, "tiny", seed=1, dropout=0.0)
    distiller = Distiller(student=student, teacher=teacher, objective=SoftTargets())
    distiller.compile(keras.optimizers.SGD(0.5))
    distiller.fit(data, verbose=0)
    return student.get_weights()


def stored_of(folder, data, teacher):
    store.write(folder, teacher, data, dtype="float32", verbose=0)
    return store.join(folder, data, teacher=teacher)


@pytest.mark.slow_but_one
@pytest.mark.parametrize("length", [LENGTH, None])
def test_live_stored_and_in_an_ensemble(encoder, length, tmp_path):
    """Three ways to the same student, from batches of other lengths than the model's."""
    models = [TextModel(model_of(kind, length), encoder).check() for kind in ("mean", "recurrent")]
    data = batches_of_any_length(encoder)

    def exact(inputs):
        rows = tf.pad(inputs, [[0, 0], [0, LENGTH - tf.shape(inputs)[1]]])
        rows.set_shape((None, LENGTH))
        logits = [model.model(rows) for model in models]
        return Ensemble([lambda x: logits[0], lambda x: logits[1]])(rows)["logits"]

    ensemble = Ensemble(models)
    want = trained(data, exact)
    for got in (
        trained(data, ensemble),
        trained(data, lambda inputs: ensemble(inputs)["logits"]),
        trained(stored_of(tmp_path / "s", data, ensemble), None),
    ):
        for a, b in zip(want, got, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_bare_keras_model_of_one_length_in_a_distiller(encoder, tmp_path):
    """Batches of unknown length, which Keras lets through."""
    model = model_of("mean", LENGTH)
    data = batches_of_any_length(encoder)
    want = trained(data, TextModel(model, encoder))
    for got in (trained(data, model), trained(stored_of(tmp_path, data, model), None)):
        for a, b in zip(want, got, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_lambda_around_a_teacher(encoder, tmp_path):
    """`lambda ids: teacher(ids)`, which a user writes to change something on the way."""
    teacher = TextModel(model_of("mean", LENGTH), encoder).check()
    data = tf.data.Dataset.from_tensor_slices(padded(encoder, TEXTS, 9)).batch(3)
    want = trained(data, teacher)
    wrapped = lambda ids: teacher(ids)  # noqa: E731 (as users write it)
    for got in (trained(data, wrapped), trained(stored_of(tmp_path, data, wrapped), None)):
        for a, b in zip(want, got, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "near"), [("int8", 0.05), ("onnx", 1e-5)])
def test_a_store_of_another_runtime_pads_too(encoder, tmp_path, kind, near):
    """The file behind `precision`, resized to the length of each batch."""
    if kind == "onnx":
        pytest.importorskip("tf2onnx", reason="needs tf2onnx, in the extra onnx")
    teacher = TextModel(model_of("mean", LENGTH), encoder).check()
    made = store.write(tmp_path, teacher, TEXTS, dtype="float32", precision=kind, verbose=0)
    found = made.targets(padded(encoder, TEXTS))["logits"]
    want = teacher.logits(TEXTS)
    assert np.abs(found - want).max() < near * np.abs(want).max()


@pytest.mark.parametrize("said_by", ["preprocessing.json", "tokenizer.json"])
def test_padding_before_the_tokens(encoder, tmp_path, said_by):
    """`pad_sequences` pads on the left, and a recurrent model of one length expects that."""
    model = model_of("recurrent", LENGTH)
    folder = tmp_path / "teacher"
    encoder.save(folder)
    file = folder / said_by
    content = json.loads(file.read_text())
    if said_by == "preprocessing.json":
        content["padding_side"] = "left"
    else:
        content["padding"] = {
            "strategy": "BatchLongest",
            "direction": "Left",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        }
    file.write_text(json.dumps(content))
    save_keras(model, folder / "model.keras")
    rows = encoder.encode_many(TEXTS)
    want = model.predict(
        np.array([[0] * (LENGTH - len(ids)) + ids for ids in rows], "int32"), verbose=0
    )
    teacher = load_teacher(f"keras:{folder}")
    np.testing.assert_allclose(teacher.logits(TEXTS), want, atol=1e-5)
    teacher.encoder.save(tmp_path / "again")
    assert load(tmp_path / "again").pad_left
    made = store.write(tmp_path / "s", teacher, TEXTS, dtype="float32", verbose=0)
    found = made.targets(padded(encoder, TEXTS))["logits"]
    np.testing.assert_allclose(found, want, atol=1e-5)


def test_vectors_of_tokens_stay_at_their_places(encoder):
    """With padding before the tokens, the first vectors are those of padding."""
    ids = keras.Input((LENGTH,), dtype="int32")
    vectors = embed(ids)
    out = layers.Dense(2)(layers.Flatten()(vectors))
    model = keras.Model(ids, {"logits": out, "tokens": vectors})
    left = TextModel(model, dataclasses.replace(encoder, pad_left=True))
    rows = np.array([[2, 5, 7, 3], [2, 3, 0, 0]], "int32")
    outputs = left.outputs(rows, ("logits", "tokens"))
    table = model.get_weights()[0]
    np.testing.assert_allclose(outputs["tokens"].numpy(), table[rows], atol=1e-6)
