"""The checksum: a text that was changed behind `join` is told, and padding is no change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.training.input_checksum import changed_examples, input_checksum

RNG = np.random.default_rng(0)
IDS = RNG.integers(1, 30_000, (500, 12)).astype("int32")


def sums(inputs) -> list[int]:
    return np.asarray(input_checksum(inputs)).tolist()


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint16"])
@pytest.mark.parametrize("width", [12, 13, 40])
def test_padding_and_types_do_not_count(dtype, width):
    """Batches padded to static lengths behind `join`, refused as if they were other texts."""
    wide = np.pad(IDS, ((0, 0), (0, width - 12))).astype(dtype)
    assert sums(tf.constant(wide)) == sums(tf.constant(IDS))
    assert sums({"input_ids": tf.constant(wide)}) == sums({"input_ids": tf.constant(IDS)})


def test_it_is_each_example_s_own():
    """A sum that depends on the company: every shuffle behind `join` is refused."""
    whole = sums(IDS)
    order = RNG.permutation(len(IDS))
    assert input_checksum(IDS).dtype == tf.int32
    assert sums(IDS[order]) == [whole[i] for i in order]
    assert sums(IDS[:7]) + sums(IDS[7:]) == whole


def changed(kind: str) -> np.ndarray:
    """One change of each text."""
    made, places = IDS.copy(), RNG.integers(0, 11, len(IDS))
    for row, place in zip(made, places, strict=True):
        if kind == "one word":
            row[place] = row[place] % 29_999 + 1
        elif kind == "next word":
            row[place] += 1
        elif kind == "masked":
            row[place] = 103
        elif kind == "dropped":
            row[place:] = [*row[place + 1 :], 0]
        elif kind == "repeated":
            row[place + 1 :] = row[place:-1].copy()
        elif kind == "swapped":
            row[place], row[place + 1] = row[place + 1], row[place]
        elif kind == "reversed":
            row[:] = row[::-1].copy()
        elif kind == "cut off":
            row[place + 1 :] = 0
    return made


@pytest.mark.parametrize(
    "kind",
    ["one word", "next word", "masked", "dropped", "repeated", "swapped", "reversed", "cut off"],
)
def test_every_change_of_a_text_is_told(kind):
    """Augmentation behind `join`: the student learns the word on another text."""
    made = changed(kind)
    moved = (made != IDS).any(1)
    assert moved.mean() > 0.9
    np.testing.assert_array_equal(changed_examples(input_checksum(IDS), made), moved)


def test_no_checksum_no_verdict():
    """Targets that the user made are the user's own business."""
    assert changed_examples(None, IDS) is None


def test_floats():
    """Features with noise that is drawn anew in every epoch."""
    x = RNG.normal(size=(50, 5)).astype("float32")
    noisy = np.nextafter(x, np.inf, dtype="float32")
    assert not set(sums(x)) & set(sums(noisy))
    assert sums(x) == sums(x.astype("float64"))
    images = x.reshape(25, 2, 5)
    turned = images[:, ::-1]
    assert not set(sums(images)) & set(sums(turned))


def test_each_input_by_its_name():
    """Ids and segments exchanged; a mask that is cut behind `join`."""
    mask = (IDS > 1_000).astype("int32")
    both = {"input_ids": IDS, "attention_mask": mask}
    assert sums(both) == sums(dict(reversed(both.items())))
    other = {"input_ids": mask, "attention_mask": IDS}
    assert not set(sums(both)) & set(sums(other))
    cut = {**both, "attention_mask": mask * (np.arange(12) < 3)}
    assert np.mean(np.equal(sums(both), sums(cut))) < 0.05


@pytest.mark.parametrize("form", [tuple, list])
def test_several_inputs(form):
    """A pair of inputs that nobody looks at."""
    x = RNG.normal(size=(50, 5)).astype("float32")
    whole = sums(form([tf.constant(x), tf.constant(IDS[:50])]))
    assert len(set(whole)) == 50
    for other in ([x + 1, IDS[:50]], [x, IDS[50:100]]):
        assert not set(whole) & set(sums(form(map(tf.constant, other))))


def test_texts():
    """A student that reads texts itself: augmented text is the first thing that comes to mind."""
    texts = [f"a film number {i}" for i in range(50)]
    whole = sums(tf.constant(texts))
    assert len(set(whole)) == 50
    assert sums({"text": tf.constant(texts)[:, None]}) == sums({"text": tf.constant(texts)})
    for change in (tf.strings.upper, lambda t: t + ".", lambda t: tf.strings.substr(t, 1, 99)):
        assert not set(whole) & set(sums(change(tf.constant(texts))))


@pytest.mark.parametrize("jit", [False, True])
def test_in_a_compiled_step(jit):
    """XLA and Python that come to other sums: every batch is refused."""
    x = RNG.normal(size=(500, 5)).astype("float32")
    inputs = {"ids": tf.constant(IDS), "x": tf.constant(x), "yes": tf.constant(IDS > 9)}
    compiled = tf.function(input_checksum, jit_compile=jit)
    np.testing.assert_array_equal(compiled(inputs), input_checksum(inputs))
    dataset = tf.data.Dataset.from_tensor_slices(inputs).batch(100).map(input_checksum)
    sums = np.concatenate(list(dataset.as_numpy_iterator()))
    np.testing.assert_array_equal(sums, input_checksum(inputs))


def test_a_student_of_texts_is_trained_with_checksums():
    """A checksum of texts that no step can compute."""
    texts = tf.constant(["a good film", "a bad film", "good", "bad"])
    vectorize = keras.layers.TextVectorization(10, output_sequence_length=3, vocabulary=["a"])
    student = keras.Sequential(
        [vectorize, keras.layers.Embedding(10, 2), keras.layers.GlobalMaxPooling1D()]
    )
    student(texts)
    from tfkd import Distiller, SoftTargets, UserError

    def dataset(change):
        x = {"student": texts, "targets": {"logits": tf.ones((4, 2))}}
        x["checksum"] = input_checksum(texts)
        made = tf.data.Dataset.from_tensors(x)
        return made.map(lambda x: {**x, "student": change(x["student"])})

    distiller = Distiller(student=student, objective=SoftTargets())
    distiller.compile("sgd")
    history = distiller.fit(dataset(tf.identity), verbose=0, shuffle=False).history
    assert np.isfinite(history["loss"]).all()
    with pytest.raises(UserError, match=r"4 example.* not those that their stored targets"):
        distiller.fit(dataset(tf.strings.upper), verbose=0, shuffle=False)
