"""What `evaluate` and validation report, and that they say so where they cannot report anything."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import Counting, data, distil, linear

from tfkd import HardLabels, SoftTargets, UserError

X, Y = data(24)
FLAVOURS = ["keras", "tf_keras"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tf_keras")


@pytest.fixture(params=FLAVOURS)
def flavour(request):
    """Both packages, since a user must be able to switch."""
    return pytest.importorskip(request.param, reason="an extra: pip install tfkd[tf-keras]")


def run(flavour, *fit_data, objective=None, metrics=("accuracy",), compile=None, **options):
    """A student of this flavour, distilled on soft targets; its history and the Distiller."""
    compile = {"metrics": list(metrics), **(compile or {})}
    options = {"teacher": linear(seed=7), "batch_size": 8, **options}
    student = linear(seed=1, keras=flavour)
    objective = objective or SoftTargets()
    return distil(student, *fit_data, objective=objective, compile=compile, **options)


def evaluated(distiller, *args, **options):
    return distiller.evaluate(*args, verbose=0, batch_size=8, return_dict=True, **options)


def test_unlabelled_data_with_metrics(flavour):
    """Metrics compiled for labelled validation must not end a run on unlabelled texts."""
    history, distiller = run(flavour, X, None, epochs=2)
    assert set(history) == {"loss", "soft_targets"}
    assert evaluated(distiller, X, Y) == {"accuracy": pytest.approx(accuracy(distiller))}


def test_unlabelled_training_and_labelled_validation(flavour):
    """Reported as 0.0, the accuracy of unlabelled training looks like a broken student."""
    history, distiller = run(flavour, X, None, validation_data=(X, Y), epochs=3)
    assert set(history) == {"loss", "soft_targets", "val_accuracy"}
    assert history["val_accuracy"][-1] == pytest.approx(accuracy(distiller))


def test_labelled_after_unlabelled_training(flavour):
    """One student, first on unlabelled texts: the later run reports its metrics, and back."""
    _, distiller = run(flavour, X, None)
    fit = {"verbose": 0, "batch_size": 8, "epochs": 2}
    assert "accuracy" in distiller.fit(X, Y, **fit).history
    assert set(distiller.fit(X, **fit).history) == {"loss", "soft_targets"}


def test_labelled_after_unlabelled_evaluation(flavour):
    """The same of the function that `evaluate` keeps."""
    _, distiller = run(flavour, X, None, compile={"teacher_in_evaluate": True})
    assert set(evaluated(distiller, X)) == {"loss", "soft_targets"}
    assert set(evaluated(distiller, X, Y)) == {"loss", "soft_targets", "accuracy"}
    assert set(evaluated(distiller, X)) == {"loss", "soft_targets"}


def test_unlabelled_data_under_a_strategy(flavour):
    """There Keras 3 makes the metrics before the first step, from labels that are not there."""
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        history, distiller = run(flavour, X, None, validation_data=(X, Y))
        assert set(history) == {"loss", "soft_targets", "val_accuracy"}
        assert set(distiller.fit(X, Y, verbose=0).history) == {"loss", "soft_targets", "accuracy"}


def accuracy(distiller) -> float:
    return float(np.mean(np.argmax(distiller.predict(X, verbose=0), -1) == Y))


SOURCES = {
    "arrays": lambda: (X, Y),
    "tf.data": lambda: (tf.data.Dataset.from_tensor_slices((X, Y)).batch(8),),
    "generator": lambda: (((X[i : i + 8], Y[i : i + 8]) for i in (0, 8, 16)),),
}


@pytest.mark.parametrize("kind", list(SOURCES))
def test_nothing_to_report_is_said_before_training(flavour, kind):
    """Found behind the first epoch, it costs that epoch; and Keras names an op nobody knows."""
    student = linear(seed=1, keras=flavour)
    validation = SOURCES[kind]()
    validation = validation if len(validation) == 2 else validation[0]
    before = student.get_weights()
    words = (
        r"evaluate has nothing to report: soft_targets needs the teacher, which does not run "
        r'there, and no metrics are compiled: .*metrics=\["accuracy"\].*teacher_in_evaluate=True'
    )
    with pytest.raises(UserError, match=words):
        distil(
            student,
            X,
            Y,
            teacher=linear(seed=7),
            objective=SoftTargets(),
            validation_data=validation,
        )
    for a, b in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_nothing_to_report_of_evaluate(flavour):
    """The same of a plain `evaluate`, of a part of the training data, and of one batch."""
    _, distiller = run(flavour, X, Y, metrics=())
    with pytest.raises(UserError, match="evaluate has nothing to report"):
        distiller.evaluate(X, Y, verbose=0)
    with pytest.raises(UserError, match="evaluate has nothing to report"):
        distiller.fit(X, Y, validation_split=0.5, verbose=0)
    with pytest.raises(UserError, match="evaluate has nothing to report"):
        distiller.test_on_batch(X, Y)


def test_nothing_to_report_without_labels(flavour):
    """Metrics alone do not help where the data have no labels."""
    _, distiller = run(flavour, X, Y)
    for unlabelled in (
        X,
        tf.data.Dataset.from_tensor_slices(X).batch(8),
        tf.data.Dataset.from_tensor_slices(X).batch(8).map(lambda x: (x, None)),
    ):
        with pytest.raises(UserError, match="and the data have no labels"):
            distiller.evaluate(unlabelled, verbose=0)


def test_labels_that_evaluate_lacks():
    """`labelled(None)` is an AttributeError in Keras's own words."""
    _, distiller = run(keras, X, Y, objective=HardLabels() + SoftTargets())
    with pytest.raises(UserError, match="hard_labels needs labels and the data have none"):
        distiller.evaluate(X, verbose=0)


def test_the_cure_that_the_message_names(flavour):
    """`compile(teacher_in_evaluate=True)` reports the soft term without metrics or labels."""
    history, distiller = run(
        flavour, X, Y, metrics=(), compile={"teacher_in_evaluate": True}, validation_data=(X, Y)
    )
    assert set(history) == {"loss", "soft_targets", "val_loss", "val_soft_targets"}
    results = evaluated(distiller, X)
    assert results == {"loss": results["soft_targets"], "soft_targets": results["loss"]}


def test_no_teacher_to_run_in_evaluate():
    """`None(...)` is a TypeError in the middle of Keras."""
    targets = {"student": X, "targets": {"logits": np.ones((24, 3), "float32")}}
    compile = {"teacher_in_evaluate": True}
    _, distiller = run(keras, targets, Y, teacher=None, compile=compile)
    with pytest.raises(UserError, match="soft_targets needs a teacher and there is none"):
        distiller.evaluate(X, Y, verbose=0)


def stored(logits=None):
    """The data with what the teacher of `run` said of them."""
    logits = linear(seed=7).predict(X, verbose=0) if logits is None else logits
    return {"student": X, "targets": {"logits": logits}}


def soft_targets(distiller) -> float:
    """The mean in NumPy, at temperature 2."""
    z = [m.predict(X, verbose=0).astype("float64") / 2 for m in (linear(seed=7), distiller.student)]
    p, q = (each - np.log(np.exp(each).sum(-1, keepdims=True)) for each in z)
    return 4 * float((np.exp(p) * (p - q)).sum(-1).mean())


@pytest.mark.parametrize("metrics", [(), ("accuracy",)])
def test_stored_targets_are_reported(flavour, metrics):
    """Computed and then dropped: `val_loss` without the term that the run is about."""
    objective = HardLabels() + SoftTargets(temperature=2.0)
    options = {"objective": objective, "teacher": None, "metrics": metrics}
    history, distiller = run(flavour, stored(), Y, validation_data=(stored(), Y), **options)
    results = evaluated(distiller, stored(), Y)
    assert results["soft_targets"] == pytest.approx(soft_targets(distiller), rel=1e-5)
    total = results["hard_labels"] + results["soft_targets"]
    assert results["loss"] == pytest.approx(total, rel=1e-6)
    assert {f"val_{name}" for name in results} == {n for n in history if n.startswith("val_")}
    assert history["val_soft_targets"] == [pytest.approx(results["soft_targets"], rel=1e-6)]


def test_stored_targets_of_a_stream_and_then_none():
    """The traced steps are kept: what one `evaluate` reported must not be reported by the next."""
    _, distiller = run(keras, stored(), Y, teacher=None)
    dataset = tf.data.Dataset.from_tensor_slices((stored(), Y)).batch(8)
    one = distiller.evaluate(dataset, verbose=0, return_dict=True)
    two = evaluated(distiller, X, Y)
    three = evaluated(distiller, ((stored(), Y) for _ in range(1)), steps=1)
    assert set(two) == {"accuracy"}
    assert set(one) == set(three) == {"accuracy", "loss", "soft_targets"}
    assert one["soft_targets"] == pytest.approx(soft_targets(distiller), rel=1e-5)
    assert three["soft_targets"] == pytest.approx(one["soft_targets"], rel=1e-6)


def test_one_batch_reports_what_it_computed():
    """`test_on_batch` of a term that was not computed: 0.0, a perfect student."""
    _, distiller = run(keras, X, Y, objective=HardLabels() + SoftTargets())
    results = distiller.test_on_batch(X, Y, return_dict=True)
    assert set(results) == {"loss", "hard_labels", "accuracy"}


@pytest.mark.parametrize("kind", list(SOURCES))
def test_evaluation_data_are_not_eaten(kind):
    """A generator whose first batch was looked at and lost is scored on less than it was given."""
    _, distiller = run(keras, X, Y)
    options = {"batch_size": 8} if kind == "arrays" else {"steps": 3}
    results = distiller.evaluate(*SOURCES[kind](), verbose=0, return_dict=True, **options)
    assert results["accuracy"] == pytest.approx(accuracy(distiller))


def broken(row=12):
    """Teacher inputs with NaN in one row, the students' whole."""
    bad = X.copy()
    bad[row] = np.nan
    return {"student": X, "teacher": bad}


ASKED = {"teacher_in_evaluate": True}


def test_nan_in_evaluate(flavour):
    """Counted and never told: a `loss` over the examples that happened to work."""
    _, distiller = run(flavour, X, Y, compile=ASKED)
    with pytest.raises(UserError, match=r"NaN or \+inf for 1 example\(s\) at step 2 of evaluate"):
        distiller.evaluate(broken(), Y, batch_size=8, verbose=0)
    with pytest.raises(UserError, match="at step 2 of evaluate"):
        distiller.evaluate(stored(np.where(broken()["teacher"][:, :3] > -9, 0.0, np.nan)), Y, 8, 0)
    assert np.isfinite(evaluated(distiller, X, Y)["loss"])


def test_nan_in_validation(flavour):
    """Told as a training step of the next epoch, or never after the last."""
    words = r"for 1 example\(s\) at step 3 of the validation after epoch 1"
    with pytest.raises(UserError, match=words):
        run(flavour, X, Y, compile=ASKED, validation_data=(broken(20), Y), epochs=1)


def test_nan_in_one_batch(flavour):
    """Told by a later `fit`, as its first step."""
    _, distiller = run(flavour, X, Y, compile=ASKED)
    with pytest.raises(UserError, match=r"for 1 example\(s\) in train_on_batch"):
        distiller.train_on_batch(broken(), Y)
    with pytest.raises(UserError, match=r"for 1 example\(s\) in test_on_batch"):
        distiller.test_on_batch(broken(), Y)
    distiller.fit(X, Y, verbose=0)


def test_callbacks_of_evaluate_are_kept():
    """The guard stands beside the user's callbacks, not in their place."""
    _, distiller = run(keras, X, Y)
    seen = []
    tell = keras.callbacks.LambdaCallback()
    tell.on_test_batch_end = lambda batch, logs=None: seen.append(batch)
    distiller.evaluate(X, Y, batch_size=8, verbose=0, callbacks=[tell])
    assert seen == [0, 1, 2]


def test_a_callback_that_evaluates_within_fit():
    """Other data, evaluated behind each epoch, must not change what the validation reports."""
    histories = []

    class Also(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            histories.append(evaluated(self.model, stored(), Y))

    history, _ = run(keras, X, Y, validation_data=(X, Y), callbacks=[Also()], epochs=2)
    assert set(history) == {"loss", "soft_targets", "accuracy", "val_accuracy"}
    assert [set(each) for each in histories] == [{"loss", "soft_targets", "accuracy"}] * 2


def test_the_teacher_stays_out_of_what_is_not_asked():
    """Looking at the evaluation data first must not run the teacher on it."""
    teacher = Counting(linear(seed=7))
    _, distiller = run(keras, X, Y, teacher=teacher)
    calls = teacher.calls
    distiller.evaluate(X, Y, verbose=0)
    assert teacher.calls == calls


def test_the_list_of_evaluate_begins_with_the_loss(flavour):
    """`loss = distiller.evaluate(x, y)[0]` must not hand over the accuracy."""
    _, distiller = run(flavour, X, Y, objective=0.5 * HardLabels() + SoftTargets())
    named = evaluated(distiller, X, Y)
    found = distiller.evaluate(X, Y, verbose=0, batch_size=8)
    assert found[0] == pytest.approx(named["loss"])
    assert sorted(found) == pytest.approx(sorted(named.values()))
