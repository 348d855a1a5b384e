"""Models and data that cannot be trained on are refused with what to write instead."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import data, distil, linear

from tfkd import Distiller, UserError

X, Y = data(20)
KEYWORDS = r"write Distiller\(student=\.\.\., teacher=\.\.\.\)"


@pytest.mark.parametrize("build", [lambda m: Distiller(m), lambda m: Distiller(m, linear())])
def test_positional_models(build):
    """Both orders exist in the field; Keras's own first example had them swapped."""
    with pytest.raises(UserError, match=KEYWORDS):
        build(linear())


def test_positional_models_of_the_other_flavour():
    """Whichever Keras the student is of."""
    tf_keras = pytest.importorskip("tf_keras", reason="an extra: pip install tfkd[tf-keras]")
    with pytest.raises(UserError, match=KEYWORDS):
        Distiller(linear(keras=tf_keras))
    with pytest.raises(UserError, match=KEYWORDS):
        Distiller(linear(), student=linear(keras=tf_keras))


@pytest.mark.parametrize("options", [{}, {"student": None, "teacher": None}])
def test_no_student(options):
    """A variable that was never filled."""
    with pytest.raises(UserError, match=f"there is no student: {KEYWORDS}"):
        Distiller(**options)


@pytest.mark.parametrize("student", ["small.keras", lambda x: x, keras.Sequential])
def test_what_is_no_student(student):
    """A path, a function or a class: only a model has weights to train."""
    with pytest.raises(UserError, match=r"the student is .*: give a Keras model"):
        Distiller(student=student, teacher=linear())


def test_a_subclass_has_a_signature_of_its_own():
    """The rule is of `Distiller(...)`, not of what is built on it."""

    class Mine(Distiller):
        def __init__(self, student, teacher):
            super().__init__(student=student, teacher=teacher)

    assert Mine(linear(), linear()).student.built


@pytest.mark.parametrize(
    ("fit_data", "words"),
    [
        ((X[:0], Y[:0]), "x holds 0 examples and y 0: give at least one"),
        ((X[:0],), "x holds 0 examples: give at least one"),
        ((X, Y[:5]), "x holds 20 examples and y 5: "),
        ((X[:5], Y), "x holds 5 examples and y 20: "),
        (({"student": X, "teacher": X[:7]}, Y), "x holds 20 and 7 examples and y 20: "),
        ((tf.constant(X), tf.constant(Y[:5])), "x holds 20 examples and y 5: "),
        ((X, {"labels": Y[:5]}), "x holds 20 examples and y 5: "),
    ],
    ids=["empty", "empty, unlabelled", "few labels", "few inputs", "within x", "tensors", "dict"],
)
def test_sizes(fit_data, words):
    """An IndexError of NumPy says neither what is short nor by how much."""
    with pytest.raises(UserError, match=words):
        distil(linear(), *fit_data, teacher=linear(seed=7))


def test_sizes_of_sample_weights_and_of_validation_and_evaluation_data():
    """The same wherever arrays are given."""
    options = {"teacher": linear(seed=7)}
    with pytest.raises(UserError, match="x holds 20 examples, y 20 and sample_weight 3: "):
        distil(linear(), X, Y, sample_weight=np.ones(3), **options)
    with pytest.raises(UserError, match="x holds 20 examples and y 5: "):
        distil(linear(), X, Y, validation_data=(X, Y[:5]), **options)
    _, distiller = distil(linear(), X, Y, **options)
    with pytest.raises(UserError, match="x holds 0 examples and y 0: "):
        distiller.evaluate(X[:0], Y[:0], verbose=0)


class Nothing(keras.utils.PyDataset):
    def __len__(self):
        return 0

    def __getitem__(self, i):
        raise IndexError(i)


EMPTY = {
    "tf.data": lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(8).take(0),
    "generator": lambda: (each for each in ()),
    "PyDataset": lambda: Nothing(),
}


@pytest.mark.parametrize("kind", list(EMPTY))
def test_streams_without_a_batch(kind):
    """A filter that let nothing through: zero steps, and a student as it was."""
    with pytest.raises(UserError, match="the data hold no batch"):
        distil(linear(), EMPTY[kind](), teacher=linear(seed=7))


@pytest.mark.parametrize(
    ("fit_data", "words"),
    [
        ((X.tolist(), Y), r"x is a list of Python numbers: .*np\.asarray"),
        (({"x": X.tolist()}, Y), r"x is a dict of Python numbers: .*np\.asarray"),
        ((X, Y.tolist()), r"y is a list of Python numbers: .*np\.asarray"),
    ],
)
def test_python_lists(fit_data, words):
    """A list is many inputs to Keras, each a number."""
    with pytest.raises(UserError, match=words):
        distil(linear(), *fit_data, teacher=linear(seed=7))


def test_a_student_of_the_teachers_own_layers():
    """Each step moved the teacher, and its answers, without a word."""
    inputs = keras.Input((5,))
    shared = keras.layers.Dense(4)
    teacher = keras.Model(inputs, keras.layers.Dense(3)(shared(inputs)))
    student = keras.Model(inputs, keras.layers.Dense(3)(shared(inputs)))
    before = shared.get_weights()
    sentence = "shares 2 trainable weights with the teacher"
    with pytest.raises(UserError, match=sentence):
        distil(student, X, Y, teacher=teacher)
    np.testing.assert_array_equal(before[0], shared.get_weights()[0])
    shared.trainable = False
    distil(student, X, Y, teacher=teacher)
    np.testing.assert_array_equal(before[0], shared.get_weights()[0])


@pytest.mark.parametrize("call", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_before_compile(call):
    """Keras says so only after both models have run on the first batch."""
    with pytest.raises(UserError, match=r'is not compiled: write compile\("adam"\) before'):
        getattr(Distiller(student=linear(), teacher=linear()), call)(X, Y)


def test_inputs_of_a_shape_that_a_model_does_not_take():
    """A dataset without batches, and features of another width."""
    data = tf.data.Dataset.from_tensor_slices((X, Y))
    for given in ((data,), (X[:, :4], Y)):
        with pytest.raises(UserError, match=r"student does not take .*dataset\.batch\(32\)") as e:
            distil(linear(), *given, teacher=linear())
        assert "\n" not in str(e.value)


def test_ragged_inputs():
    """They ended in `object of type 'RaggedTensor' has no len()`."""
    ragged = tf.RaggedTensor.from_row_lengths(tf.range(40), [2] * 20)
    data = tf.data.Dataset.from_tensor_slices((ragged, Y)).batch(4)
    with pytest.raises(UserError, match=r"x holds ragged rows: .*to_tensor\(\)"):
        distil(linear(), data, teacher=linear())


@pytest.mark.parametrize("shape", [(20, 3), (20, 2, 2)])
def test_sample_weights_that_are_none_of_an_example(shape):
    """They ended in a traceback of shapes, or of the validation data after the first epoch."""
    words = r"sample_weight has the shape .* give one weight for each example, \[batch\]"
    weight = np.ones(shape, "float32")
    with pytest.raises(UserError, match=words):
        distil(linear(), X, Y, sample_weight=weight, teacher=linear())
    with pytest.raises(UserError, match=words):
        distil(linear(), X, Y, validation_data=(X, Y, weight), teacher=linear())


@pytest.mark.parametrize(
    ("y", "weight", "words"),
    [
        ([Y, Y], None, "y is a list of 2 arrays"),
        (Y, [np.ones(20), np.ones(20)], "sample_weight is a list of 2 arrays"),
        (Y, {"a": np.ones(20), "b": np.ones(20)}, "sample_weight is a dict of a, b"),
    ],
)
def test_labels_and_weights_by_output_as_keras_takes_them(y, weight, words):
    """Two arrays became one of another shape, or a traceback."""
    with pytest.raises(UserError, match=words):
        distil(linear(), X, y, sample_weight=weight, teacher=linear())


def test_a_list_of_one_array_of_labels_is_that_array():
    """It was said to be one-hot rows."""
    student, twin = linear(), linear()
    distil(student, X, [Y], teacher=linear(seed=2))
    distil(twin, X, Y, teacher=linear(seed=2))
    np.testing.assert_array_equal(student.get_weights()[0], twin.get_weights()[0])


def test_a_dataset_without_shapes():
    """It ended in `'NoneType' object cannot be interpreted as an integer`."""
    data = tf.data.Dataset.from_generator(lambda: [(X, Y)], output_types=(tf.float32, tf.int32))
    with pytest.raises(UserError, match=r"does not say the shape of x: .*output_signature="):
        distil(linear(), data, teacher=linear())
    known = data.map(lambda x, y: (tf.ensure_shape(x, (None, 5)), y))
    with pytest.raises(UserError, match="does not say the shape of y: "):
        distil(linear(), known, teacher=linear())
