"""Only the student is saved, and a resumed run is the uninterrupted one."""

import subprocess
import sys
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import FEATURES, assert_same_weights, data, distil, linear, mlp

from tfkd import DistillationLoss, Distiller, HardLabels

X, Y = data(24)

pytestmark = pytest.mark.filterwarnings(  # BackupAndRestore under NumPy 2
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def test_checkpoint_holds_the_student_alone(tmp_path):
    """ModelCheckpoint on a student's metric writes a model that needs no tfkd."""
    path = tmp_path / "student.keras"
    keep = keras.callbacks.ModelCheckpoint(str(path), monitor="val_accuracy", save_best_only=True)
    student, teacher = mlp(), linear(seed=7)
    distil(
        student,
        X,
        Y,
        teacher=teacher,
        validation_data=(X, Y),
        callbacks=[keep],
        compile={"metrics": ["accuracy"]},
    )
    loaded = keras.models.load_model(path)
    assert type(loaded) is keras.Sequential
    assert_same_weights(loaded, student)
    code = (
        "import sys, keras, numpy as np; m = keras.models.load_model(sys.argv[1]);"
        "assert 'tfkd' not in sys.modules; print(m(np.ones((1, 5), 'float32')).numpy().tolist())"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    np.testing.assert_allclose(eval(run.stdout), student(np.ones((1, FEATURES))), rtol=1e-6)


def test_weights_files_hold_no_teacher(tmp_path):
    """What a run resumes from: student, projections, optimizer; a teacher of 100 MB is no part."""
    path = tmp_path / "run.weights.h5"
    teacher = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(10_000), linear_end()])
    student, twin = mlp(seed=1), mlp(seed=5)
    keep = keras.callbacks.ModelCheckpoint(str(path), save_weights_only=True)
    distil(student, X, Y, teacher=teacher, callbacks=[keep])
    assert path.stat().st_size < 100_000 < 4 * teacher.count_params()
    Distiller(student=twin, teacher=teacher).load_weights(path)
    assert_same_weights(student, twin)


def linear_end():
    return keras.layers.Dense(3)


def test_the_teacher_is_no_part_of_the_model(capsys):
    """2.05 MB for a student of 0.02 MB, and a summary of the wrong model."""
    student, teacher = linear(seed=1), mlp(seed=9)
    _, distiller = distil(student, X, Y, teacher=teacher)
    ours = {id(v) for v in distiller.variables}
    assert not ours & {id(v) for v in teacher.variables}
    assert [id(v) for v in distiller.trainable_variables] == [
        id(v) for v in student.trainable_variables
    ]
    assert distiller.count_params() == student.count_params()
    assert teacher not in distiller._flatten_layers()
    distiller.summary()
    assert "18" in capsys.readouterr().out


class Stop(keras.callbacks.Callback):
    """Ctrl-C behind an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.filterwarnings("ignore:.*:UserWarning:keras.src.saving")
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path):
    """Adam's moments and dropout's state included, bit for bit."""

    def run(folder, stop=None):
        keras.utils.set_random_seed(3)
        student = mlp(dropout=0.4)
        callbacks = [keras.callbacks.BackupAndRestore(str(folder))]
        callbacks += [Stop(stop)] if stop else []
        options = {"compile": {"optimizer": keras.optimizers.Adam(0.05)}, "callbacks": callbacks}
        distil(student, X, Y, teacher=linear(seed=7), epochs=4, batch_size=8, **options)
        return student

    whole = run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", stop=2)
    assert_same_weights(run(tmp_path / "parts"), whole)


@dataclass(frozen=True)
class Projected(DistillationLoss):
    """A loss with one trainable projection."""

    def weights(self, student, teacher):
        return {"kernel": (student["logits"].shape[-1], teacher["logits"].shape[-1])}

    def __call__(self, student, teacher, batch, weights):
        projected = tf.matmul(tf.cast(student["logits"], tf.float32), weights["kernel"])
        return tf.reduce_mean(tf.square(projected - teacher["logits"]), axis=-1)


def test_a_projection_is_trained_and_not_saved(tmp_path):
    """A projection made too late is never trained; one saved is dead weight on a phone."""
    student, path = linear(seed=1), tmp_path / "student.keras"
    objective = 0.5 * Projected() + 0.5 * HardLabels()
    _, distiller = distil(student, X, Y, teacher=linear(5, seed=7), objective=objective)
    (projection,) = [v for v in distiller.trainable_variables if v.name == "projected_kernel"]
    first = projection.numpy().copy()
    distiller.fit(X, Y, verbose=0)
    assert not np.array_equal(first, projection.numpy())
    distiller.save(path)
    assert keras.models.load_model(path).count_params() == student.count_params() == 18


@pytest.mark.filterwarnings("ignore:.*:UserWarning:keras.src.saving")
def test_a_projection_is_restored(tmp_path):
    """A resumed run that starts with a new projection is another run."""

    def run(folder, stop=None):
        keras.utils.set_random_seed(3)
        student = mlp()
        callbacks = [keras.callbacks.BackupAndRestore(str(folder))]
        callbacks += [Stop(stop)] if stop else []
        options = {"compile": {"optimizer": keras.optimizers.Adam(0.05)}, "callbacks": callbacks}
        _, distiller = distil(
            student, X, Y, teacher=linear(5, seed=7), objective=Projected(), epochs=3, **options
        )
        return distiller

    whole = run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", stop=2)
    resumed = run(tmp_path / "parts")
    for a, b in zip(resumed.trainable_variables, whole.trainable_variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_export_is_the_students(tmp_path):
    """A SavedModel of the student alone."""
    student, teacher = linear(seed=1), linear(seed=7)
    distiller = Distiller(student=student, teacher=teacher)
    distiller.export(str(tmp_path / "saved"), verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved"))
    assert len(served.variables) == 2


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_the_student_alone_loads_a_weights_file(tmp_path, dropout):
    """`ModelCheckpoint(save_weights_only=True)`, whose file no student could read."""
    path = tmp_path / "best.weights.h5"
    student, twin = mlp(seed=1, dropout=dropout), mlp(seed=5, dropout=dropout)
    keep = keras.callbacks.ModelCheckpoint(str(path), save_weights_only=True)
    teacher = linear(seed=2)
    _, distiller = distil(student, X, Y, teacher=teacher, callbacks=[keep])
    twin.load_weights(path)
    assert_same_weights(student, twin)
    other = mlp(seed=6, dropout=dropout)
    Distiller(student=other, teacher=teacher).load_weights(path)
    assert_same_weights(student, other)
    distiller.save_weights(path)
    student.save_weights(tmp_path / "own.weights.h5")
    distiller.student.load_weights(tmp_path / "own.weights.h5")
