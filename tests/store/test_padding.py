"""Teachers for which padding is not free, or is no matter of token ids alone."""

import keras
import numpy as np
import pytest
from store_toys import VOCABULARY, texts, write

from tfkd.store.computing import Computer
from tfkd.store.keys import examples_of


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr("tfkd.text.batching.TOKENS", 30)


def computer(teacher, examples, reads=("logits",)):
    return Computer(teacher, reads, dict, examples)


def padding_counts(inputs):
    """A teacher without a mask: its logits are a mean over the padding too."""
    ids = np.asarray(inputs["input_ids"])
    return np.stack([ids.mean(1), ids.sum(1)], axis=1).astype("float32")


@pytest.mark.parametrize("masked", [False, True])
def test_a_teacher_that_sees_the_padding(masked, tmp_path):
    """Padding cut off to be quick, and other targets than the teacher that runs in the step."""
    batch = texts(20)
    expected = padding_counts(batch)
    batch = batch if masked else {"input_ids": batch["input_ids"]}
    found = write(tmp_path, padding_counts, batch, dtype="float32").targets(batch)["logits"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_teacher_that_sees_the_padding_in_some_texts():
    """One text alone tells nothing: a maximum over all positions, and the padding is rarely it."""
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    x = keras.layers.Embedding(VOCABULARY, 4)(ids)
    logits = keras.layers.Dense(3)(keras.layers.GlobalMaxPooling1D()(x))
    model, batch = keras.Model({"input_ids": ids}, logits), texts(40)
    model.layers[1].set_weights([np.random.default_rng(0).normal(size=(VOCABULARY, 4))])
    batch = {"input_ids": batch["input_ids"]}
    examples = examples_of(batch)
    found = computer(model, examples)(examples)
    expected = model.predict(batch, verbose=0)
    np.testing.assert_allclose([each["logits"] for each in found], expected, atol=1e-5)


def of_one_length(width, masked=False):
    """A Keras model of exactly `width` ids (and their mask)."""
    ids = keras.Input((width,), dtype="int32", name="input_ids")
    mask = keras.Input((width,), dtype="int32", name="attention_mask")
    x = keras.layers.Flatten()(keras.layers.Embedding(VOCABULARY, 2)(ids))
    if masked:
        x = keras.layers.Concatenate()([x, keras.ops.cast(mask, "float32")])
    inputs = {"input_ids": ids, "attention_mask": mask} if masked else {"input_ids": ids}
    return keras.Model(inputs, {"logits": keras.layers.Dense(3)(x)})


@pytest.mark.parametrize("masked", [False, True])
def test_a_teacher_of_one_length(masked, tmp_path):
    """A model exported for 9 tokens, which says so in a page of traceback."""
    batch, model = texts(20, longest=9), of_one_length(9, masked)
    batch = batch if masked else {"input_ids": batch["input_ids"]}
    found = write(tmp_path, model, batch, dtype="float32").targets(batch)["logits"]
    expected = model.predict(batch, verbose=0)["logits"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_hidden_states_that_are_fewer_than_the_tokens():
    """A convolution in front: positions of the one taken for positions of the other."""

    def teacher(inputs):
        ids = np.asarray(inputs["input_ids"]).astype("float32")
        return {"logits": ids.sum(1, keepdims=True) * [1, 2], "hidden_states": ids[:, 2:, None]}

    examples = examples_of({"input_ids": texts(20)["input_ids"]})
    found = computer(teacher, examples, ("logits", "hidden_states"))(examples)
    expected = teacher({"input_ids": texts(20)["input_ids"]})
    for name, each in expected.items():
        np.testing.assert_allclose([row[name] for row in found], each)


def test_features_of_each_token():
    """Sound with a mask: frames of different lengths that cannot be stacked."""
    frames = np.random.default_rng(0).normal(size=(20, 9, 2)).astype("float32")
    batch = {"frames": frames, "attention_mask": texts(20)["attention_mask"]}

    def teacher(inputs):
        frames, mask = (np.asarray(inputs[name]) for name in ("frames", "attention_mask"))
        return (frames * mask[..., None]).sum(1)

    examples = examples_of(batch)
    found = computer(teacher, examples)(examples)
    np.testing.assert_allclose([each["logits"] for each in found], teacher(batch), atol=1e-5)
