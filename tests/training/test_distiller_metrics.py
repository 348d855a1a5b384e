"""The numbers that are reported are the numbers that were computed."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import Counting, data, distil, linear, mlp, tagger, token_data

from tfkd import Distiller, HardLabels, SoftTargets, UserError, hinton


def still(**options):
    """`compile` options under which no weight moves."""
    return {"optimizer": keras.optimizers.SGD(0.0), **options}


def numbers(student, teacher, x, y, T=2.0):
    """Per example: cross-entropy and soft targets, in NumPy."""
    s, t = (np.asarray(m(x), "float64") for m in (student, teacher))

    def log_softmax(z):
        return z - np.log(np.exp(z).sum(-1, keepdims=True))

    p, q = log_softmax(t / T), log_softmax(s / T)
    return -log_softmax(s)[np.arange(len(y)), y], T**2 * (np.exp(p) * (p - q)).sum(-1)


def test_parts_are_means_over_examples():
    """Batches of 8, 8 and 1 example: the incumbent lets the one weigh like eight."""
    x, y = data(17)
    x[16] *= 10
    student, teacher = linear(seed=1), linear(seed=7)
    history, _ = distil(student, x, y, teacher=teacher, batch_size=8, compile=still())
    hard, soft = numbers(student, teacher, x, y)
    assert history["hard_labels"][0] == pytest.approx(hard.mean(), rel=1e-5)
    assert history["soft_targets"][0] == pytest.approx(soft.mean(), rel=1e-5)
    assert history["loss"][0] == pytest.approx((hard.mean() + soft.mean()) / 2, rel=1e-5)


def test_parts_are_weighted_means():
    """Reported without the sample weights, a curve shows another objective."""
    x, y = data(17)
    w = np.linspace(0, 4, 17)
    student, teacher = linear(seed=1), linear(seed=7)
    options = {"batch_size": 8, "sample_weight": w, "compile": still()}
    history, _ = distil(student, x, y, teacher=teacher, **options)
    hard, soft = numbers(student, teacher, x, y)
    assert history["hard_labels"][0] == pytest.approx((w * hard).sum() / w.sum(), rel=1e-5)
    assert history["soft_targets"][0] == pytest.approx((w * soft).sum() / w.sum(), rel=1e-5)


def test_loss_is_the_sum_of_what_stands_beside_it():
    """A total that the parts do not add up to explains nothing."""
    x, y = data(17)
    student = mlp(l2=0.3)
    objective = 0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)
    history, _ = distil(
        student, x, y, teacher=linear(seed=7), objective=objective, batch_size=8, compile=still()
    )
    penalty = float(sum(student.losses))
    assert penalty > 0.1
    total = 0.3 * history["hard_labels"][0] + 0.7 * history["soft_targets"][0] + penalty
    assert history["loss"][0] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("names", [["accuracy"], "accuracy"])
def test_accuracy_ignores_unlabelled_examples(names):
    """-100 counted as an error: 50 % accuracy of a perfect student."""
    x, _ = data(20)
    student = linear(seed=1)
    y = np.argmax(student(x), -1)
    y[::2] = -100
    history, distiller = distil(
        student, x, y, teacher=linear(seed=7), compile=still(metrics=names), batch_size=8
    )
    assert history["accuracy"] == [1.0]
    assert distiller.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] == 1.0


def test_accuracy_ignores_padding():
    """Tags of padding are noise."""
    x, _ = token_data()
    student = tagger(seed=1)
    right = np.argmax(student(x)["logits"], -1)
    y = np.where(x["attention_mask"] == 0, (right + 1) % 3, right)
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    history, _ = distil(
        student, x, y, teacher=tagger(seed=7), compile=still(metrics={"logits": metrics})
    )
    assert next(v for k, v in history.items() if k.endswith("accuracy")) == [1.0]


def test_metrics_and_weighted_metrics():
    """As in Keras: `metrics` without the sample weights, `weighted_metrics` with them."""
    x, _ = data(4)
    student = linear(seed=1)
    y = np.argmax(student(x), -1)
    y[3] = (y[3] + 1) % 3
    compiled = still(
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="plain")],
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="weighted")],
    )
    history, _ = distil(
        student,
        x,
        y,
        teacher=linear(seed=7),
        compile=compiled,
        sample_weight=np.array([1, 1, 1, 5]),
    )
    assert history["plain"] == [pytest.approx(0.75)]
    assert history["weighted"] == [pytest.approx(3 / 8)]


def test_two_losses_of_one_name_are_both_reported():
    """One key, two terms: the second overwrites the first."""
    x, y = data(8)
    objective = SoftTargets(temperature=1) + SoftTargets(temperature=4)
    history, _ = distil(linear(seed=1), x, y, teacher=linear(seed=7), objective=objective)
    assert set(history) == {"loss", "soft_targets", "soft_targets_2"}
    assert history["soft_targets"] != history["soft_targets_2"]


def test_evaluate_leaves_the_teacher_alone():
    """Validation behind every epoch must not cost the teacher's hours."""
    x, y = data(16)
    teacher = Counting(linear(seed=7))
    student = linear(seed=1)
    history, distiller = distil(student, x, y, teacher=teacher, validation_data=(x, y))
    calls = teacher.calls
    results = distiller.evaluate(x, y, verbose=0, return_dict=True)
    assert teacher.calls == calls
    assert set(results) == {"loss", "hard_labels"}
    hard, _ = numbers(student, teacher.model, x, y)
    assert results["hard_labels"] == pytest.approx(hard.mean(), rel=1e-5)
    assert results["loss"] == pytest.approx(hard.mean() / 2, rel=1e-5)
    assert history["val_hard_labels"] == [pytest.approx(hard.mean(), rel=1e-5)]


def test_evaluate_runs_the_teacher_where_asked():
    """`val_soft_targets` is there for who pays for it."""
    x, y = data(17)
    student, teacher = linear(seed=1), Counting(linear(seed=7))
    history, distiller = distil(
        student,
        x,
        y,
        teacher=teacher,
        compile=still(teacher_in_evaluate=True),
        validation_data=(x, y),
        batch_size=8,
    )
    _, soft = numbers(student, teacher.model, x, y)
    results = distiller.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
    assert results["soft_targets"] == pytest.approx(soft.mean(), rel=1e-5)
    assert history["val_soft_targets"] == [pytest.approx(soft.mean(), rel=1e-5)]
    assert history["val_loss"] == [pytest.approx(history["loss"][0], rel=1e-5)]


def test_evaluate_does_not_train():
    """Dropout on, or an update, in `evaluate`: a score that nobody can repeat."""
    x, y = data(16)
    student = mlp(dropout=0.5)
    _, distiller = distil(student, x, y, teacher=linear(seed=7))
    before = student.get_weights()
    scores = [distiller.evaluate(x, y, verbose=0) for _ in range(2)]
    assert scores[0] == scores[1]
    for a, b in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_validation_does_not_touch_the_reported_training_numbers():
    """Metrics are reset and shared between the two."""
    x, y = data(16)
    runs = [
        distil(linear(seed=1), x, y, teacher=linear(seed=7), epochs=2, **options)[0]
        for options in ({}, {"validation_data": (x[:4], y[:4])})
    ]
    for name, values in runs[0].items():
        np.testing.assert_allclose(runs[1][name], values, rtol=1e-6)


def test_early_stopping_on_the_students_metrics():
    """tf_keras puts no `loss` in the logs of a loss of our own; EarlyStopping then never stops."""
    x, y = data(16)
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10.0)
    history, _ = distil(
        linear(seed=1),
        x,
        y,
        teacher=linear(seed=7),
        validation_data=(x, y),
        epochs=9,
        callbacks=[stop],
    )
    assert len(history["val_loss"]) == 2


def test_average_over_tokens():
    """Hugging Face's unit: a long example weighs more."""
    x, y = token_data()
    mask = x["attention_mask"]
    student, teacher = tagger(seed=1), tagger(seed=7)
    objective = hinton(soft_weight=0.0)
    logits = np.asarray(student(x)["logits"])
    each = np.asarray(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)) * mask
    for average, want in (
        ("tokens", each.sum() / mask.sum()),
        ("examples", (each.sum(1) / mask.sum(1)).mean()),
    ):
        history, _ = distil(
            student,
            x,
            y,
            teacher=teacher,
            objective=objective.averaged(average),
            batch_size=3,
            compile=still(),
        )
        assert history["loss"][0] == pytest.approx(want, rel=1e-5)


@pytest.mark.parametrize("option", ["loss", "loss_weights"])
def test_compile_takes_no_loss(option):
    """A loss given to `compile` and ignored is a recipe that was not run."""
    with pytest.raises(UserError, match=r"compile takes no loss: give Distiller\(objective="):
        Distiller(student=linear(), teacher=linear()).compile("sgd", **{option: "mse"})
