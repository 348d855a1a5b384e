"""Texts that are written from a source: each of the two has a length, and a mask, of its own."""

import numpy as np
import pytest
import tensorflow as tf
from store_toys import write

import tfkd
from tfkd.store import join, key_of
from tfkd.store.computing import Computer
from tfkd.store.keys import examples_of
from tfkd.store.manifest import LENGTH, TARGET

VOCABULARY, COUNT = 12, 30
NAMES = ("input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask")
KERAS_HUB = ("token_ids", "padding_mask", "decoder_token_ids", "decoder_padding_mask")


def pairs(source, target, *, masks=True, seed=0):
    """Ids of sources and targets of 2 to so many tokens, padded with 0; targets begin with 0."""
    rng, batch = np.random.default_rng(seed), {}
    for name, mask, width in zip(NAMES[::2], NAMES[1::2], (source, target), strict=True):
        lengths = rng.integers(2, width + 1, COUNT)
        # Sources are short where their targets are long, or a cut by the other mask cuts nothing.
        lengths[0], lengths[1] = (2, width) if mask == NAMES[1] else (width, 2)
        there = (np.arange(width) < lengths[:, None]).astype("int32")
        batch[name] = rng.integers(1, VOCABULARY, (COUNT, width)).astype("int32") * there
        if masks:
            batch[mask] = there
    batch[NAMES[2]][:, 0] = 0
    return batch


class Writer:
    """Logits `[B, T, V]` of what is read before each token, and of all of the source.

    Where it `feels` padding, the width of the source moves them.
    """

    jit = False
    fingerprint = "writer"

    def __init__(self, feels=False):
        self.feels = feels

    def __call__(self, inputs, reads=("logits",)):
        """The logits of padded arrays; cross attentions `[B, T, S]`."""
        source = np.asarray(
            next(inputs[name] for name in ("input_ids", "token_ids") if name in inputs)
        )
        named = [name for name in ("decoder_input_ids", "decoder_token_ids") if name in inputs]
        target = np.asarray(inputs[named[0]])
        whole = np.sin(source * 1.0).sum(1) * (1 + self.feels * source.shape[1])
        before = np.cumsum(np.cos(target * 1.0), axis=1)
        logits = (whole[:, None] + before)[..., None] * np.linspace(0.1, 1, VOCABULARY)
        crossed = np.sin(source)[:, None] * np.cos(target)[:, :, None]
        found = {"logits": logits.astype("float32"), "attentions": (crossed.astype("float32"),)}
        return {name: found[name] for name in reads}


def counted(batch):
    """Whether each position of a target is one of its tokens."""
    ends = [np.flatnonzero(row)[-1] if row.any() else 0 for row in batch[NAMES[2]]]
    return np.arange(batch[NAMES[2]].shape[1]) <= np.array(ends)[:, None]


WIDTHS = pytest.mark.parametrize("widths", [(8, 8), (9, 5), (5, 9)], ids=["equal", "short", "long"])


@WIDTHS
@pytest.mark.parametrize("masks", [True, False])
def test_targets_of_any_length_beside_their_sources(widths, masks, tmp_path):
    """Targets cut by the mask of their source, keys that collide, zeros for logits, not a word."""
    batch = pairs(*widths, masks=masks)
    store = write(tmp_path, Writer(), batch, dtype="float32")
    assert store.rows == COUNT
    assert store.shapes["logits"] == (None, VOCABULARY)
    found = store.targets(batch)["logits"]
    want = Writer()(batch)["logits"] * counted(batch)[..., None]
    np.testing.assert_allclose(found, want, atol=1e-5)


@WIDTHS
def test_a_teacher_that_feels_the_padding_of_its_source(widths, tmp_path):
    """A source that is padded to the width of the target, by which its logits are others."""
    batch = pairs(*widths)
    found = write(tmp_path, Writer(feels=True), batch, dtype="float32").targets(batch)["logits"]
    want = Writer(feels=True)(batch)["logits"] * counted(batch)[..., None]
    np.testing.assert_allclose(found, want, atol=1e-4)


def test_axes_of_both_texts():
    """An attention from one text to the other, of which either axis is taken for the other's."""
    examples = examples_of(pairs(6, 6))
    computer = Computer(Writer(), ("logits", "attentions"), dict, examples)
    outputs = computer.outputs(examples)
    assert outputs["logits"].shape == (TARGET, VOCABULARY)
    assert outputs["attentions.0"].shape == (TARGET, LENGTH)
    row = computer(examples)[0]
    assert row["attentions.0"].shape == (6, 2)
    assert tuple(computer.lengths(examples[0])) == (2, 0, 6)


def test_keys_know_both_texts():
    """Two targets of one source under one key: the second gets the logits of the first."""
    row = {"input_ids": np.array([5, 6]), "decoder_input_ids": np.array([0, 7, 8])}
    padded = {name: np.append(value, [0, 0]) for name, value in row.items()}
    hub = {"token_ids": row["input_ids"], "decoder_token_ids": row["decoder_input_ids"]}
    assert key_of(row) == key_of(padded) == key_of(hub)
    masked = {**padded, "decoder_attention_mask": [1, 1, 1, 0, 0], "attention_mask": [1, 1, 0, 0]}
    assert key_of(masked) == key_of(row)
    assert key_of({**row, "decoder_input_ids": np.array([0, 7, 9])}) != key_of(row)
    ones = {**row, "decoder_input_ids": np.array([2, 7, 8, 1, 1])}
    assert key_of(ones, 1) == key_of({**row, "decoder_input_ids": np.array([2, 7, 8])}, 1)


@pytest.mark.parametrize("names", [NAMES, KERAS_HUB], ids=["hugging-face", "keras-hub"])
@pytest.mark.parametrize("widths", [(9, 5), (5, 9)], ids=["short", "long"])
def test_join_is_the_teacher_in_the_step(names, widths, tmp_path):
    """Stored logits of a width that the student's are not: an error from inside the step."""
    batch = dict(zip(names, pairs(*widths).values(), strict=True))
    there = counted(pairs(*widths))
    labels = np.where(there, np.random.default_rng(1).integers(0, VOCABULARY, there.shape), -100)
    data = tf.data.Dataset.from_tensor_slices((batch, labels)).batch(8)
    write(tmp_path, Writer(), data, dtype="float32", top_k=VOCABULARY - 1)
    for (x, _), (inputs, _) in zip(join(tmp_path, data), data, strict=True):
        stored, live = x["targets"]["logits"].numpy(), Writer()(inputs)["logits"]
        assert stored.shape == live.shape
        mask = counted({NAMES[2]: inputs[names[2]].numpy()})
        np.testing.assert_allclose(stored[mask], live[mask], atol=1e-4)


def test_training_on_stored_top_k_of_a_small_model(tmp_path):
    """Word level from the disk, with other losses than beside the teacher."""
    import keras

    batch = pairs(5, 9)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in NAMES[::2]}
    embed = keras.layers.Embedding(VOCABULARY, 4)
    source = keras.layers.GlobalAveragePooling1D()(embed(inputs[NAMES[0]]))
    hidden = embed(inputs[NAMES[2]]) + keras.ops.expand_dims(source, 1)
    student = keras.Model(inputs, {"logits": keras.layers.Dense(VOCABULARY)(hidden)})
    batch = {name: batch[name] for name in NAMES[::2]}
    labels = np.where(counted(batch), 3, -100)
    data = tf.data.Dataset.from_tensor_slices((batch, labels)).batch(10)
    live = tfkd.Distiller(student=student, teacher=Writer(), objective=tfkd.SoftTargets())
    stored = tfkd.Distiller(student=student, objective=tfkd.SoftTargets())
    for distiller in (live, stored):
        distiller.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    write(tmp_path, Writer(), data, dtype="float32", top_k=VOCABULARY)
    kept = stored.fit(join(tmp_path, data), verbose=0).history["loss"]
    np.testing.assert_allclose(kept, live.fit(data, verbose=0).history["loss"], rtol=1e-5)
