"""Models without shapes are built for batches of any size, as Keras builds them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from toys import distil

from tfkd import Distiller, HardLabels, Hint, UserError, export, hinton, tap

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=(50, 6, 6, 1)).astype("float32")
LABELS = RANDOM.integers(0, 3, 50).astype("int32")


def unbuilt(flavour=keras):
    layers = flavour.layers
    return flavour.Sequential([layers.Conv2D(4, 3, name="maps"), layers.Flatten(), layers.Dense(3)])


class Own(keras.Model):
    """A subclassed model around a Sequential."""

    def __init__(self):
        super().__init__()
        self.inner = unbuilt()

    def call(self, inputs, training=False):
        return self.inner(inputs, training=training)


@pytest.mark.parametrize("flavour", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_the_batch_is_no_part_of_the_model(flavour):
    """A student, and its file, that takes 32 examples and no others."""
    student, teacher = unbuilt(flavour), unbuilt(flavour)
    distil(student, IMAGES, LABELS, teacher=teacher, batch_size=32)
    assert student.input_shape == teacher.input_shape == (None, 6, 6, 1)
    assert student(IMAGES[:7]).shape == (7, 3)


def test_inside_of_a_subclassed_model():
    """The same of what such a model holds."""
    student = Own()
    distil(student, IMAGES, LABELS, teacher=Own(), batch_size=32)
    assert student.inner.input_shape == (None, 6, 6, 1)


def test_an_example_and_a_data_set_of_whole_batches():
    """`drop_remainder=True` says 16 in its spec."""
    student = unbuilt()
    Distiller(student=student, teacher=unbuilt(), example=(IMAGES[:5], LABELS[:5]))
    assert student.input_shape == (None, 6, 6, 1)
    student = unbuilt()
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(16, drop_remainder=True)
    distil(student, data, teacher=unbuilt())
    assert student.input_shape == (None, 6, 6, 1)


def test_lengths_that_vary():
    """The first batch's longest text, in the model."""
    layers = keras.layers
    student = keras.Sequential(
        [layers.Embedding(9, 4), layers.GlobalMaxPooling1D(), layers.Dense(3)]
    )
    rows = [RANDOM.integers(1, 9, length).astype("int32") for length in range(1, 33)]
    data = (
        tf.data.Dataset.from_generator(
            lambda: zip(rows, LABELS, strict=False),
            output_signature=(tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.int32)),
        )
        .apply(tf.data.experimental.assert_cardinality(32))
        .padded_batch(8)
    )
    distil(student, data, objective=HardLabels())
    assert student.input_shape == (None, None)


def test_it_exports(tmp_path):
    """`Graph execution error` in the check of the file."""
    student = unbuilt()
    distil(student, IMAGES, LABELS, teacher=unbuilt())
    exported = export(student, tmp_path / "s.tflite", check=IMAGES)
    assert exported.checked == 50


def test_evaluate_before_any_training():
    """A teacher, projections and metrics that nobody has made."""
    objective = hinton() + Hint(layers=((0, 0),))
    student = tap(unbuilt(), hidden_states=["maps"])
    wide = keras.Sequential([keras.layers.Conv2D(6, 3, name="wide"), *unbuilt().layers[1:]])
    made = Distiller(
        student=student, teacher=tap(wide, hidden_states=["wide"]), objective=objective
    )
    made.compile("sgd", metrics=["accuracy"], teacher_in_evaluate=True)
    got = made.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)
    assert set(got) == {"loss", "hard_labels", "soft_targets", "hint", "accuracy"}
    assert made.student.input_shape == (None, 6, 6, 1)
    made = Distiller(student=unbuilt(), objective=hinton())
    made.compile("sgd", metrics=["accuracy"])
    got = made.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)
    assert set(got) == {"loss", "hard_labels", "accuracy"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"temperature": 4, "alpha": 0.5}, r"no temperature, alpha.*hinton\(temperature=4, soft"),
        ({"loss": "mse"}, "takes no loss: write objective="),
        ({"metrics": ["accuracy"]}, r"takes no metrics: give it to compile"),
        ({"studnet": 1}, "takes no studnet: it takes student, teacher"),
    ],
)
def test_arguments_that_belong_elsewhere(arguments, words):
    """`Steps.__init__() got an unexpected keyword`."""
    with pytest.raises(UserError, match=words):
        Distiller(student=unbuilt(), teacher=unbuilt(), **arguments)


def test_numbers_of_layers_that_nobody_counts():
    """Told to write what was written."""
    student = keras.Sequential([keras.Input((6, 6, 1)), *unbuilt().layers])
    with pytest.raises(UserError, match=r"hidden_states=\[0\].*hidden_states=\['maps'\], of maps"):
        tap(student, hidden_states=[0])


@pytest.mark.parametrize("rows", [np.eye(3)[LABELS], np.ones((50, 3))])
def test_rows_of_several_classes_name_the_form(rows):
    """Labels of (33, 3) do not fit logits of (33, 3)."""
    with pytest.raises(UserError, match="form='multilabel'"):
        distil(unbuilt(), IMAGES, rows, teacher=unbuilt())
