"""A killed `fit` goes on with the same call, and ends as an uninterrupted one does."""

import functools
import importlib
import os
import signal

import numpy as np
import pytest
import tensorflow as tf
from toys import data

from tfkd import Backup, Distiller, HardLabels, SoftTargets, UserError, losses
from tfkd.training.backup import state_files
from tfkd.training.backup.preemption import (
    EXIT_PREEMPTED,
    Preempted,
    defer_sigterm,
    raise_on_sigterm,
)
from tfkd.training.backup.state_files import BackupPosition

X, Y = data(40)
EPOCHS = 3
FLAVOURS = ("keras", "tf_keras")


class Killed(Exception):
    """Where the process is gone."""


def student_of(keras, seed):
    """Dropout in Keras 3, whose random numbers have a state that can be kept."""
    keras.utils.set_random_seed(seed)
    noise = [keras.layers.Dropout(0.3, seed=1)] if keras.__name__ == "keras" else []
    return keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(8, "relu"), *noise, keras.layers.Dense(3)]
    )


def distiller_of(flavour, rate=0.01):
    keras = importlib.import_module(flavour)
    student, teacher = student_of(keras, 1), student_of(keras, 2)
    distiller = Distiller(
        student=student, teacher=teacher, objective=0.5 * HardLabels() + 0.5 * SoftTargets()
    )
    decay = keras.optimizers.schedules.CosineDecay(rate, 15)
    distiller.compile(keras.optimizers.Adam(decay), metrics=["accuracy"], jit_compile=False)
    return distiller


def shuffled():
    """Another order in each epoch, the same in each process."""
    tf.random.set_seed(0)
    return tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(40, seed=3).batch(8)


def killer(distiller, after):
    """Raise behind so many steps."""

    class Killer(distiller.keras.callbacks.Callback):
        done = 0

        def on_train_batch_end(self, batch, logs=None):
            self.done += 1
            if self.done == after:
                raise Killed

    return Killer()


def fit(flavour, dataset=shuffled, after=None, **options):
    """Weights and history of a training, in what could be a process of its own."""
    distiller = distiller_of(flavour)
    callbacks = [killer(distiller, after)] if after else []
    found = distiller.fit(
        dataset(), epochs=EPOCHS, verbose=0, callbacks=callbacks, validation_data=(X, Y), **options
    )
    return distiller.student.get_weights(), found.history


@functools.cache
def uninterrupted(flavour):
    """Weights and history of a training that nothing interrupts."""
    return fit(flavour)


@pytest.fixture(params=FLAVOURS)
def whole(request):
    """A training that nothing interrupts."""
    return request.param, *uninterrupted(request.param)


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    ("whole", "after"),
    [(flavour, after) for flavour in FLAVOURS for after in (3, 5)]
    + [("keras", after) for after in (1, 14)]
    + [pytest.param("tf_keras", after, marks=pytest.mark.slow) for after in (1, 14)],
    indirect=["whole"],
)
def test_goes_on_where_it_was_killed(whole, tmp_path, after, caplog):
    """Steps 2, 4, 6, ... are kept; 5 steps make an epoch, and the numbers of it are whole ones."""
    caplog.set_level("INFO", "tfkd")
    flavour, weights, history = whole
    with pytest.raises(Killed):
        fit(flavour, after=after, backup=Backup(tmp_path, every=2))
    ours, ended = fit(flavour, backup=Backup(tmp_path, every=2))
    for a, b in zip(ours, weights, strict=True):
        np.testing.assert_array_equal(a, b)
    for name, values in ended.items():
        np.testing.assert_allclose(values, history[name][-len(values) :], rtol=1e-6, err_msg=name)
    assert ("going on from" in caplog.text) == (after > 1)


def test_a_finished_training_is_not_trained_again(tmp_path):
    """The last cell of a notebook, run twice."""
    weights, _ = fit("keras", backup=tmp_path)
    again, history = fit("keras", backup=tmp_path)
    assert not history
    for a, b in zip(again, weights, strict=True):
        np.testing.assert_array_equal(a, b)
    Backup(tmp_path).forget()
    assert not tmp_path.exists()


@pytest.mark.slow_but_one
@pytest.mark.parametrize("whole", ["keras"], indirect=True)
@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "other"])
def test_a_bad_state_gives_way_to_the_one_before(whole, tmp_path, harm, caplog):
    """A disk that was full, or a process killed by the machine while it wrote."""
    caplog.set_level("INFO", "tfkd")
    flavour, weights, _ = whole
    with pytest.raises(Killed):
        fit(flavour, after=9, backup=Backup(tmp_path, every=2))
    last = state_files.list_positions(tmp_path)[0]
    file = last.file(tmp_path)
    content = file.read_bytes()
    middle = len(content) // 2
    changed = {
        "cut": content[:middle],
        "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        "empty": b"",
    }
    if harm == "other":
        state = state_files.load_state(tmp_path, last, {})
        os.remove(file)
        state_files.write_state(
            tmp_path, state_files.SavedState(last, state.weights, state.sums, {"optimizer": "SGD"})
        )
    else:
        file.write_bytes(changed[harm])
    ours, _ = fit(flavour, backup=Backup(tmp_path, every=2))
    for a, b in zip(ours, weights, strict=True):
        np.testing.assert_array_equal(a, b)
    said = caplog.text
    assert str(file) in said
    assert "configuration (objective" in said if harm == "other" else "is damaged" in said


def test_no_good_state_is_an_error_that_removes_nothing(tmp_path):
    """A night's work overwritten by a run with other settings."""
    with pytest.raises(Killed):
        fit("keras", after=2, backup=Backup(tmp_path, every=1))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    distiller = distiller_of("keras")
    distiller.objective = 1.0 * losses.HardLabels()
    with pytest.raises(UserError, match=r"is of another configuration \(objective\), and there is"):
        distiller.fit(shuffled(), epochs=1, verbose=0, backup=tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_full_disk_keeps_the_state_before(tmp_path, monkeypatch, caplog):
    """Training that ends because a backup of it could not be written."""
    caplog.set_level("INFO", "tfkd")
    real = np.savez

    def full(stream, **arrays):
        if len(state_files.list_positions(tmp_path)) >= 1:
            stream.write_bytes(b"half of it")
            raise OSError(28, "No space left on device")
        real(stream, **arrays)

    monkeypatch.setattr(np, "savez", full)
    fit("keras", backup=tmp_path)
    assert state_files.list_positions(tmp_path) == [BackupPosition(1, 0)]
    assert [p.name for p in tmp_path.iterdir()] == ["epoch-000001-step-000000000.npz"]
    assert "No space left on device): training goes on" in caplog.text


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_sigterm_keeps_the_step_and_ends_with_its_code(tmp_path, flavour):
    """A machine that is taken away tells so."""
    weights, _ = uninterrupted(flavour)
    distiller = distiller_of(flavour)

    class Terminate(distiller.keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.optimizer.iterations == 6:
                os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Preempted, match="stopped by SIGTERM") as ended:
        distiller.fit(
            shuffled(), epochs=EPOCHS, verbose=0, callbacks=[Terminate()], backup=tmp_path
        )
    assert ended.value.code == EXIT_PREEMPTED == 75
    assert state_files.list_positions(tmp_path)[0] == BackupPosition(1, 2)
    assert signal.getsignal(signal.SIGTERM) is before
    ours, _ = fit(flavour, backup=tmp_path)
    for a, b in zip(ours, weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_sigterm_in_the_validation_is_not_lost(tmp_path):
    """A process that was asked to end goes on to its next hour."""
    weights, _ = uninterrupted("keras")
    distiller = distiller_of("keras")

    class Terminate(distiller.keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Preempted, match="stopped by SIGTERM at epoch 1, and kept in"):
        distiller.fit(
            shuffled(),
            epochs=EPOCHS,
            verbose=0,
            callbacks=[Terminate()],
            backup=tmp_path,
            validation_data=(X, Y),
        )
    assert state_files.list_positions(tmp_path)[0] == BackupPosition(1)
    ours, _ = fit("keras", backup=tmp_path)
    for a, b in zip(ours, weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_sigterm_that_nobody_asked_for_comes_behind_the_block():
    """The same, where `fit` is over by then."""
    with (
        raise_on_sigterm(),
        pytest.raises(Preempted, match="from what is finished"),
        defer_sigterm(),
    ):
        os.kill(os.getpid(), signal.SIGTERM)


def test_other_metrics_are_told(tmp_path):
    """The accuracy of one training in the place of the loss of another."""
    with pytest.raises(Killed):
        fit("keras", after=3, backup=Backup(tmp_path, every=2))
    distiller = distiller_of("keras")
    distiller.compile(distiller.optimizer, metrics=["accuracy", "mae"], jit_compile=False)
    with pytest.raises(UserError, match="compile with the metrics that it was kept with"):
        distiller.fit(shuffled(), epochs=1, verbose=0, backup=tmp_path)


def endless():
    """A generator of the same batches, pass by pass."""
    for at in range(EPOCHS * 5):
        rows = np.random.default_rng(at).permutation(40)[:8]
        yield X[rows], Y[rows]


def unknown():
    """A dataset whose length nobody knows."""
    return shuffled().unbatch().filter(lambda x, y: True).batch(8)


SOURCES = {
    "generator": (endless, {"steps_per_epoch": 5}),
    "repeated": (lambda: shuffled().repeat(), {"steps_per_epoch": 4}),
    "unknown": (unknown, {}),
    "fixed": (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), {}),
}


@pytest.mark.slow_but_one
@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # Keras's, of an unknown length
@pytest.mark.parametrize(
    ("kind", "flavour", "after"),
    # tf_keras counts a step more where data of unknown length end, so no two runs of it agree.
    [(k, "keras", 12) for k in SOURCES]
    + [pytest.param(k, "keras", 8, marks=pytest.mark.slow) for k in SOURCES]
    + [pytest.param(k, "tf_keras", 12, marks=pytest.mark.slow) for k in SOURCES if k != "unknown"],
)
def test_each_kind_of_data_goes_on_with_its_next_batch(tmp_path, kind, flavour, after):
    """Batches of the first epoch in the second one."""
    dataset, options = SOURCES[kind]
    weights, _ = fit(flavour, dataset, **options)
    options = {**options, "backup": Backup(tmp_path, every=2)}
    with pytest.raises(Killed):
        fit(flavour, dataset, after=after, **options)
    ours, _ = fit(flavour, dataset, **options)
    for a, b in zip(ours, weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_data_are_not_all_the_same():
    """Equal weights from equal batches, which would prove nothing."""
    first, second = ([x.numpy() for x, _ in d] for d in [shuffled()] * 2)
    assert not np.array_equal(first, second)


def test_data_whose_order_is_lost_are_refused(tmp_path):
    """Half of the examples twice, and the others never."""
    distiller = distiller_of("keras")
    with pytest.raises(UserError, match=r"write shuffle=False, or give tf\.data"):
        distiller.fit(X, Y, verbose=0, backup=tmp_path)
    with pytest.raises(UserError, match="needs steps_per_epoch"):
        distiller.fit(endless(), verbose=0, backup=tmp_path)
    with pytest.raises(UserError, match=r"write dataset\.repeat\(\)"):
        distiller.fit(shuffled(), steps_per_epoch=3, verbose=0, backup=tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserError, match="write a number of steps"):
        Backup(tmp_path, every=0)
