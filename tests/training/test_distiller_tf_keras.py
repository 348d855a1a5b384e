"""The same body on `tf_keras.Model`, which Hugging Face's TensorFlow models are."""

import keras
import numpy as np
import pytest
from toys import assert_same_weights, data, distil, linear

from tfkd import Distiller, SoftTargets, UserError

tf_keras = pytest.importorskip("tf_keras", reason="tf_keras is an extra: pip install tfkd[hf]")

X, Y = data(26)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tf_keras")


def run(flavour, teacher_flavour=keras, optimizer="SGD", **options):
    """A linear student of this flavour after 16 steps; its history."""
    student = linear(seed=1, keras=flavour)
    teacher = linear(seed=7, keras=teacher_flavour)
    options = {"epochs": 4, "batch_size": 8, **options}
    compile = {"optimizer": getattr(flavour.optimizers, optimizer)(0.1), "metrics": ["accuracy"]}
    history, distiller = distil(student, X, Y, teacher=teacher, compile=compile, **options)
    return student, history, distiller


@pytest.mark.parametrize("teacher", [keras, tf_keras])
def test_both_flavours_give_the_same_weights(teacher):
    """16 SGD steps from the same start; a user must be able to switch."""
    weights = np.linspace(0.5, 2.0, 26)
    ours, history, distiller = run(keras, teacher, sample_weight=weights)
    theirs, legacy, other = run(tf_keras, teacher, sample_weight=weights)
    assert isinstance(distiller, keras.Model)
    assert isinstance(other, tf_keras.Model)
    assert_same_weights(ours, theirs, atol=1e-6)
    assert set(history) == set(legacy)
    for name, values in history.items():
        np.testing.assert_allclose(legacy[name], values, rtol=1e-5, err_msg=name)


def test_loss_is_in_the_logs():
    """tf_keras puts no `loss` there once it is computed elsewhere; EarlyStopping then dies."""
    stop = tf_keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10.0)
    _, history, _ = run(tf_keras, validation_data=(X, Y), callbacks=[stop], epochs=9)
    assert len(history["val_loss"]) == 2
    assert "val_soft_targets" not in history


def test_checkpoint_holds_the_student_alone(tmp_path):
    """As with Keras 3."""
    path = tmp_path / "student.keras"
    keep = tf_keras.callbacks.ModelCheckpoint(str(path), monitor="val_accuracy")
    student, _, distiller = run(tf_keras, validation_data=(X, Y), callbacks=[keep])
    loaded = tf_keras.models.load_model(path)
    assert type(loaded) is tf_keras.Sequential
    assert_same_weights(loaded, student)
    ours, theirs = ([id(v) for v in m.trainable_variables] for m in (distiller, student))
    assert ours == theirs


class Stop(tf_keras.callbacks.Callback):
    """Ctrl-C behind an epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path):
    """Adam's moments included."""

    def backup(name):
        return tf_keras.callbacks.BackupAndRestore(str(tmp_path / name))

    whole, _, _ = run(tf_keras, optimizer="Adam", callbacks=[backup("whole")])
    with pytest.raises(KeyboardInterrupt):
        run(tf_keras, optimizer="Adam", callbacks=[backup("parts"), Stop()])
    resumed, _, _ = run(tf_keras, optimizer="Adam", callbacks=[backup("parts")])
    assert_same_weights(resumed, whole)


def test_unlabelled_data_and_generators():
    """The same sources as Keras 3."""
    student, twin = linear(seed=1, keras=tf_keras), linear(seed=1, keras=tf_keras)
    teacher, objective = linear(seed=7), SoftTargets()
    distil(student, X, None, teacher=teacher, objective=objective, batch_size=13)

    def batches():
        yield (X[:13],)
        yield (X[13:],)

    distil(twin, batches(), teacher=teacher, objective=objective)
    assert_same_weights(student, twin, atol=1e-6)


def test_errors_are_the_same():
    """One sentence, whichever Keras."""
    with pytest.raises(UserError, match="student has 3 classes and the teacher 5"):
        Distiller(student=linear(3, keras=tf_keras), teacher=linear(5))
    student = linear(keras=tf_keras)
    with pytest.raises(UserError, match=r"label 9 is outside 0\.\.2"):
        distil(student, X, np.full(26, 9), teacher=linear())


def test_a_softmax_at_the_end_is_undone():
    """tf_keras hands the logits on as well."""
    plain, _, _ = run(tf_keras)
    student = linear(seed=1, keras=tf_keras, activation="softmax")
    teacher = linear(seed=7, keras=tf_keras, activation="softmax")
    distil(student, X, Y, teacher=teacher, epochs=4, batch_size=8)
    assert_same_weights(student, plain, atol=1e-6)


def test_class_weights_and_unlabelled_examples():
    """As with Keras 3."""
    y = Y.copy()
    y[::3] = -100
    students = [linear(seed=1, keras=flavour) for flavour in (keras, tf_keras)]
    for student in students:
        distil(student, X, y, teacher=linear(seed=7), class_weight={0: 3.0}, batch_size=8)
    assert_same_weights(*students, atol=1e-6)
