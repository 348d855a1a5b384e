"""What cannot be right late in the data stops the training by name; the student stays whole."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from toys import data, linear, mlp

from tfkd import Distiller, HardLabels, LogitError, SoftTargets, UserError

X, Y = data(96)
WEIGHT = r"a sample_weight is no number >= 0 in 1 .*{:g}\) at step 6 of epoch 1"
INPUTS = r"the inputs hold NaN or inf in 1 example\(s\) \(row 10 of its batch: {:g}\)"
JIT = pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])


def with_bad(array, row, value):
    """A copy with something else in a row."""
    array = np.array(array)
    array[row] = value
    return array


def distiller_of(student=None, form="multiclass", teacher=None, flavour=keras, **compile):
    """Hard labels and soft targets, or a regression."""
    width = {"multiclass": 3, "binary": 1, "multilabel": 3, "regression": 2}[form]
    student = student or linear(width, seed=1, keras=flavour)
    soft = LogitError(form) if form == "regression" else SoftTargets(form)
    teacher = teacher or linear(width, seed=7)
    made = Distiller(student=student, teacher=teacher, objective=HardLabels(form) + soft)
    made.compile(flavour.optimizers.Adam(0.1), **compile)
    return made


def batches(*arrays):
    return tf.data.Dataset.from_tensor_slices(arrays).batch(16)


def is_finite(student):
    return all(np.isfinite(each).all() for each in student.get_weights())


def stopped(words, *fit_data, student=None, **options):
    """The training ends with one sentence of ours, and the student is finite and trained."""
    fit = {key: options.pop(key) for key in ("validation_data", "batch_size") if key in options}
    made = distiller_of(student, **options)
    before = made.student.get_weights()
    with pytest.raises(UserError, match=words) as caught:
        made.fit(*fit_data, verbose=0, shuffle=False, **fit)
    assert "\n" not in str(caught.value)
    assert is_finite(made.student)
    assert not np.array_equal(before[0], made.student.get_weights()[0])
    return made


@pytest.mark.parametrize(
    ("form", "labels", "value", "said"),
    [
        ("multiclass", Y, 7, r"\(row 10 of its batch: 7\).*means labels 0 to 2"),
        ("multiclass", Y, -3, r"batch: -3\)"),
        ("multiclass", Y.astype("float32"), np.nan, r"batch: nan\)"),
        ("multiclass", Y.astype("float32"), 1.5, r"batch: 1\.5\)"),
        ("binary", (Y > 0).astype("int64"), 2, r"batch: 2\).*means labels 0 and 1"),
        ("multilabel", (X[:, :3] > 0).astype("int32"), 3, r"batch: 3\)"),
        ("regression", X[:, :2], np.inf, r"batch: inf\).*that are finite numbers"),
    ],
)
def test_labels(form, labels, value, said):
    """A label out of range has no logit, or that of another class."""
    bad = with_bad(labels, 90, value)
    stopped(f"a label cannot be right in .*{said}", batches(X, bad), form=form, jit_compile=False)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_weights(value):
    """NaN times anything."""
    bad = with_bad(np.ones(96, "float32"), 90, value)
    stopped(WEIGHT.format(value), batches(X, Y, bad), jit_compile=False)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_inputs(value):
    """A hole in a table: the gradient of every weight behind it is NaN."""
    bad = with_bad(X, (90, 2), value)
    stopped(INPUTS.format(value), batches(bad, Y), student=mlp(), jit_compile=False)


@pytest.mark.slow
def test_under_xla():
    """XLA and GPUs make NaN of a label out of range, and then of every weight."""
    made, weights = distiller_of(mlp(), jit_compile=True), np.ones(96, "float32")
    for words, bad in (
        (r"a label .*\(row 10 of its batch: 7\).*labels 0 to 2", (X, with_bad(Y, 90, 7), weights)),
        (WEIGHT.format(np.nan), (X, Y, with_bad(weights, 90, np.nan))),
        (WEIGHT.format(-1.0), (X, Y, with_bad(weights, 90, -1.0))),
        (INPUTS.format(np.nan), (with_bad(X, (90, 2), np.nan), Y, weights)),
    ):
        before = made.student.get_weights()
        with pytest.raises(UserError, match=words):
            made.fit(batches(*bad), verbose=0, shuffle=False)
        assert is_finite(made.student)
        assert not np.array_equal(before[0], made.student.get_weights()[0])


def test_inputs_do_not_spoil_running_means():
    """Batch normalisation keeps a mean of what it has seen, with or without a weight."""
    layers = keras.layers
    student = keras.Sequential([keras.Input((5,)), layers.BatchNormalization(), layers.Dense(3)])
    stopped("the inputs hold NaN", batches(with_bad(X, 90, np.nan), Y), student=student)


class Stream(keras.utils.PyDataset):
    """Six batches of 16."""

    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return tuple(each[16 * i : 16 * i + 16] for each in self.arrays)


@pytest.mark.parametrize(
    "kind",
    [Stream, lambda *arrays: (batch for batch in Stream(*arrays))],
    ids=["dataset", "generator"],
)
def test_every_kind_of_data(kind):
    """A generator shows its first batch only."""
    words = "a label cannot be right in 2 .*at step 6 of epoch 1"
    stopped(words, kind(X, with_bad(Y, [90, 95], 9)))


def test_tf_keras():
    """The same step in the other flavour."""
    stopped("a label cannot be right", batches(X, with_bad(Y, 90, 9)), flavour=tf_keras)


@pytest.mark.slow
def test_tf_keras_under_xla():
    """The same, compiled by XLA, which takes its time."""
    bad = batches(with_bad(X, 90, np.nan), Y)
    stopped("the inputs hold NaN", bad, flavour=tf_keras, jit_compile=True)


@pytest.mark.parametrize("bad", [(X, with_bad(Y, 90, 9)), (with_bad(X, 90, np.nan), Y)])
def test_validation_and_evaluation(bad):
    """A score of what cannot be scored."""
    data = batches(*bad)
    made = stopped("at step 6 of the validation after epoch 1", batches(X, Y), validation_data=data)
    with pytest.raises(UserError, match="at step 6 of evaluate"):
        made.evaluate(data, verbose=0)


def test_arrays_are_looked_through_before_the_first_step():
    """Nothing is trained on labels and weights that are known to be wrong."""
    made = distiller_of()
    before = made.student.get_weights()
    options = {"batch_size": 16, "verbose": 0}
    with pytest.raises(UserError, match=r"sample_weight is nan for 1 of the"):
        made.fit(X, Y, sample_weight=with_bad(np.ones(96), 90, np.nan), **options)
    with pytest.raises(UserError, match=r"label nan is outside 0\.\.2"):
        made.fit(X, with_bad(Y.astype("float32"), 90, np.nan), **options)
    with pytest.raises(UserError, match=r"validation data hold the label 9, and .* 0 to 2"):
        made.fit(X, Y, validation_data=(X, with_bad(Y, 90, 9)), **options)
    np.testing.assert_array_equal(before[0], made.student.get_weights()[0])


@pytest.mark.slow
def test_what_is_left_out_changes_nothing_else():
    """A bad example zeroed but counted pulls the student somewhere."""
    student, twin = linear(seed=1), linear(seed=1)
    words = "the inputs hold NaN"
    stopped(words, batches(with_bad(X, 90, np.nan), Y), student=student)
    weight = with_bad(np.ones(96, "float32"), 90, 0.0)
    distiller_of(twin).fit(batches(X, Y, weight), verbose=0)
    for one, other in zip(student.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_student_that_fills_in_what_is_missing():
    """NaN among its inputs is what such a model is for."""
    inputs = keras.Input((5,))
    filled = keras.layers.Lambda(lambda x: tf.where(tf.math.is_nan(x), 0.0, x))(inputs)
    student = keras.Model(inputs, keras.layers.Dense(3)(filled))
    teacher = linear(seed=7)
    made = distiller_of(student, teacher=lambda x: teacher(tf.where(tf.math.is_nan(x), 0.0, x)))
    history = made.fit(batches(with_bad(X, 90, np.nan), Y), verbose=0).history
    assert np.isfinite(history["loss"][0])


@JIT
def test_gradients_that_are_not_finite(jit):
    """A finite loss without a slope, such as of a square root at 0."""

    class Root(HardLabels):
        def pointwise(self, student, teacher, labels):
            return tf.norm(student - tf.stop_gradient(student), axis=-1)

    student = linear(seed=1)
    before = student.get_weights()
    made = Distiller(student=student, objective=Root())
    made.compile("sgd", jit_compile=jit)
    with pytest.raises(UserError, match="gradient was NaN or inf, and no update was made"):
        made.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], student.get_weights()[0])


def test_a_training_that_diverges():
    """Hours of NaN in the log."""
    student = mlp()
    made = Distiller(student=student, objective=HardLabels("regression"))
    made.compile(keras.optimizers.SGD(1e12))
    with pytest.raises(UserError, match="smaller learning rate or clipnorm"):
        made.fit(X, X[:, :3], epochs=20, verbose=0)
    assert is_finite(student)


def test_two_replicas():
    """The place is that of the replica that met it."""
    devices = [each.name for each in tf.config.list_logical_devices("CPU")]
    strategy = tf.distribute.MirroredStrategy(devices[:2])
    with strategy.scope():
        made = distiller_of()
    with pytest.raises(UserError, match=r"a label cannot be right in 1 .*: 9\) at step 6"):
        made.fit(batches(X, with_bad(Y, 90, 9)), verbose=0)
    assert is_finite(made.student)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({5: 2.0}, r"has the key 5: write class ids as integers, 0\.\.2"),
        ({-1: 2.0}, "has the key -1"),
        ({"0": 1.0}, "has the key '0'"),
        ({"bad": 1.0, "good": 2.0}, "'bad'.*does not know the names of classes"),
        ({0.5: 1.0}, r"has the key 0\.5"),
        ({0: -1.0}, r"gives class 0 the weight -1\.0: write a number >= 0"),
        ({1: np.nan}, "gives class 1 the weight nan"),
        ({1: "2"}, "gives class 1 the weight '2'"),
        ({0: 0, 1: 0, 2: 0.0}, "0 for every class"),
        ("balanced", "class_weight is 'balanced'"),
        ([1.0, 2.0, 3.0], r"class_weight is \[1\.0"),
    ],
)
def test_class_weights_that_weigh_no_class(weights, words):
    """Trained on, and without an effect."""
    made = distiller_of()
    with pytest.raises(UserError, match=words):
        made.fit(X, Y, class_weight=weights, verbose=0)
    assert made.make_batch.class_weight is None


def test_class_weights_of_what_has_no_class_ids():
    """A row of zeros and ones, or a number, is no class id."""
    for form, labels, words in (
        ("multilabel", (X[:, :3] > 0).astype("int32"), "one class id per position.*sample_weight"),
        ("regression", X[:, :2], "one class id per position"),
    ):
        with pytest.raises(UserError, match=words):
            distiller_of(form=form).fit(X, labels, class_weight={1: 2.0}, verbose=0)


def test_class_weights_of_numpy_and_of_one_logit():
    """Keys as `sklearn.utils.class_weight` and `np.unique` give them."""
    weights = {np.int64(0): np.float32(1.0), np.int64(1): np.float64(3.0)}
    distiller_of(form="binary").fit(X, Y > 0, class_weight=weights, verbose=0)
