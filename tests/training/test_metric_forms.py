"""Every metric reads what it expects: probabilities or logits, ids or rows, in every form."""

import functools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from toys import data, distil, linear

from tfkd import Distiller, HardLabels, Hint, SoftTargets, UserError
from tfkd.training.batches import BatchMaker, Inputs

FLAVOURS = pytest.mark.parametrize("flavour", [keras, tf_keras], ids=["keras", "tf_keras"])
X, IDS = data(40)
LABELS = {
    "binary": (IDS > 0).astype("int32"),
    "multilabel": (X[:, :3] > 0.3).astype("int32"),
    "multiclass": IDS,
    "regression": X[:, :2],
}
WIDTH = {"binary": 1, "multilabel": 3, "multiclass": 3, "regression": 2}


def logits_of(form):
    """What the student of `reported` returns for X."""
    return np.asarray(linear(WIDTH[form], seed=1)(X), "float64")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    raised = np.exp(z - z.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def reported(form, metrics, labels=None, flavour=keras, compile=None, **options):
    """What one epoch without an update reports, in batches of 16, 16 and 8."""
    labels = LABELS[form] if labels is None else labels
    student = linear(WIDTH[form], seed=1, keras=flavour)
    compile = {"optimizer": flavour.optimizers.SGD(0.0), "metrics": metrics, **(compile or {})}
    options = {"batch_size": 16, "objective": HardLabels(form), "compile": compile, **options}
    history, _ = distil(student, X, labels, **options)
    return {name: values[0] for name, values in history.items()}


def by_keras(metric, labels, scores, weights=None):
    """The metric of all examples at once, of what it expects."""
    metric.update_state(labels, np.asarray(scores, "float32"), sample_weight=weights)
    return np.asarray(metric.result())


def case_of(flavour, form):
    """Metrics by name, and the numbers that they must report."""
    m, y, z = flavour.metrics, LABELS[form], logits_of(form)
    if form == "binary":
        y, p = y[:, None], sigmoid(z)
        right, cross = ((p > 0.5) == y).mean(), -np.log(np.where(y == 1, p, 1 - p)).mean()
    elif form == "multilabel":
        p = sigmoid(z)
        right, cross = ((p > 0.5) == y).mean(), -np.log(np.where(y == 1, p, 1 - p)).mean()
    else:
        p, own = softmax(z), y
        right, cross = (p.argmax(1) == own).mean(), -np.log(p[np.arange(40), own]).mean()
        y = np.eye(3)[own]
    floats = y.astype("float32")
    f1 = {"threshold": 0.5} if form != "multiclass" else {}
    some = {
        "accuracy": ("accuracy", right),
        "acc": ("acc", right),
        "auc": (m.AUC(name="auc"), by_keras(m.AUC(), y, p)),
        "AUC": ("AUC", by_keras(m.AUC(), y, p)),
        "precision": (m.Precision(name="precision"), by_keras(m.Precision(), y, p)),
        "recall": (m.Recall(name="recall"), by_keras(m.Recall(), y, p)),
        "f1": (
            m.F1Score(average="macro", name="f1", **f1),
            by_keras(m.F1Score(average="macro", **f1), floats, p),
        ),
        "ba": (m.BinaryAccuracy(name="ba"), ((p > 0.5) == y).mean()),
        "mse": ("mse", ((p - y) ** 2).mean()),
        "crossentropy": ("crossentropy", cross),
    }
    if form != "multiclass":
        logits = m.BinaryCrossentropy(from_logits=True, name="of_logits")
        some["of_logits"] = (logits, cross)
        some["binary_accuracy"] = (m.binary_accuracy, right)
        some["at_zero"] = (m.Precision(thresholds=0, name="at_zero"), some["precision"][1])
        half = functools.partial(m.binary_crossentropy, from_logits=True)
        some["binary_crossentropy"] = (half, cross)
    else:
        logits = m.SparseCategoricalCrossentropy(from_logits=True, name="of_logits")
        some["of_logits"] = (logits, cross)
        top = m.TopKCategoricalAccuracy(2, name="top")
        some["top"] = (top, by_keras(m.TopKCategoricalAccuracy(2), y, p))
        some["sparse_top"] = (m.SparseTopKCategoricalAccuracy(2, name="sparse_top"), some["top"][1])
        some["recall_1"] = (
            m.Recall(class_id=1, name="recall_1"),
            by_keras(m.Recall(class_id=1), y, p),
        )
    return some


@pytest.mark.slow_but_one
@FLAVOURS
@pytest.mark.parametrize("form", ["binary", "multilabel", "multiclass"])
def test_metrics_read_probabilities(flavour, form):
    """Logits compared with 0.5: an accuracy that nobody doubts, and that is wrong."""
    some = case_of(flavour, form)
    got = reported(form, [metric for metric, _ in some.values()], flavour=flavour)
    for name, (_, want) in some.items():
        assert got[name] == pytest.approx(float(want), abs=2e-4), name


def test_evaluate_reports_the_same():
    """The same numbers without a training before."""
    student = linear(1, seed=1)
    distiller = Distiller(student=student, teacher=None, objective=HardLabels("binary"))
    distiller.compile("sgd", metrics=["accuracy"])
    got = distiller.evaluate(X, LABELS["binary"], verbose=0, return_dict=True)["accuracy"]
    assert got == pytest.approx(((logits_of("binary")[:, 0] > 0) == LABELS["binary"]).mean())


@FLAVOURS
def test_regression_reads_numbers(flavour):
    """A sigmoid of a number of stars."""
    mae = flavour.metrics.MeanAbsoluteError(name="mae")
    got = reported("regression", [mae, "mse"], flavour=flavour)
    off = logits_of("regression") - LABELS["regression"]
    assert got["mae"] == pytest.approx(np.abs(off).mean(), rel=1e-4)
    assert got["mse"] == pytest.approx((off**2).mean(), rel=1e-4)


def elementwise(labels, scores):
    return tf.cast(tf.equal(tf.cast(scores > 0.5, labels.dtype), labels), tf.float32)


def first_column(labels, scores):
    return tf.cast(tf.equal(scores[:, 0] > 0.5, tf.cast(labels, tf.bool)), tf.float32)


def above_zero(labels, logits):
    return tf.cast(tf.equal(tf.reshape(logits, [-1]) > 0, tf.reshape(labels, [-1]) > 0), tf.float32)


class Share(keras.metrics.Mean):
    """A metric of one's own, with weights."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        right = tf.reshape(y_pred > 0.5, [-1]) == (tf.reshape(y_true, [-1]) > 0)
        super().update_state(tf.cast(right, tf.float32), sample_weight)


@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize("metric", [elementwise, first_column, above_zero, Share(name="share")])
def test_metrics_of_ones_own(metric, column):
    """`[batch]` beside `[batch, 1]` broadcasts to all pairs of examples, and says nothing."""
    labels = LABELS["binary"][:, None] if column else LABELS["binary"]
    got = reported("binary", [metric], labels)
    name = getattr(metric, "name", getattr(metric, "__name__", ""))
    right = (logits_of("binary")[:, 0] > 0) == LABELS["binary"]
    assert got[name] == pytest.approx(right.mean())


def of_batch(labels, scores):
    return tf.reduce_mean(elementwise(tf.reshape(labels, tf.shape(scores)), scores))


def test_one_number_a_batch_is_averaged_as_keras_does():
    """A `ValueError` of shapes from inside of Keras."""
    right = ((logits_of("binary")[:, 0] > 0) == LABELS["binary"]).astype(float)
    want = np.mean([right[at].mean() for at in (slice(0, 16), slice(16, 32), slice(32, 40))])
    assert reported("binary", [of_batch])["of_batch"] == pytest.approx(want)


def test_one_number_a_batch_of_which_a_part_counts_is_refused():
    """It has counted what has no label."""
    labels = LABELS["binary"].copy()
    labels[3] = -100
    with pytest.raises(UserError, match=r"'of_batch' returns \(\) for a batch that holds masked"):
        reported("binary", [of_batch], labels)


def test_one_number_a_batch_cannot_be_weighted():
    """Weights that are left out without a word."""
    with pytest.raises(UserError, match=r"'of_batch'.*no sample weight can weigh"):
        reported("binary", None, compile={"weighted_metrics": [of_batch]})


@FLAVOURS
def test_weighted_metrics_alone(flavour):
    """A `TypeError`, where Keras takes them."""
    weight = np.linspace(0, 1, 40).astype("float32")
    compile = {"weighted_metrics": ["accuracy", flavour.metrics.AUC(name="auc")]}
    got = reported("binary", None, flavour=flavour, compile=compile, sample_weight=weight)
    right = (logits_of("binary")[:, 0] > 0) == LABELS["binary"]
    assert got["accuracy"] == pytest.approx((right * weight).sum() / weight.sum(), rel=1e-5)
    p, y = sigmoid(logits_of("binary")), LABELS["binary"][:, None]
    assert got["auc"] == pytest.approx(float(by_keras(keras.metrics.AUC(), y, p, weight)), rel=1e-4)


@FLAVOURS
def test_one_metric_twice(flavour):
    """The second number under the first one's name, and one of them lost."""
    weight = np.linspace(0, 1, 40).astype("float32")
    compile = {"weighted_metrics": ["accuracy"]}
    got = reported(
        "multiclass", ["accuracy"] * 2, flavour=flavour, compile=compile, sample_weight=weight
    )
    right = logits_of("multiclass").argmax(1) == IDS
    assert got["accuracy"] == got["accuracy_1"] == pytest.approx(right.mean())
    assert got["weighted_accuracy"] == pytest.approx((right * weight).sum() / weight.sum())


def test_unknown_labels_of_a_row_do_not_count():
    """-100 of one class, counted as a 0."""
    labels = LABELS["multilabel"].copy()
    labels[:, 2] = -100
    labels[5] = -100
    keep = np.arange(40) != 5
    p, y = sigmoid(logits_of("multilabel"))[keep, :2], labels[keep, :2]
    metrics = ["accuracy", keras.metrics.AUC(name="auc"), keras.metrics.Precision(name="precision")]
    got = reported("multilabel", metrics, labels)
    assert got["accuracy"] == pytest.approx(((p > 0.5) == y).mean())
    assert got["auc"] == pytest.approx(float(by_keras(keras.metrics.AUC(), y, p)), rel=1e-4)
    assert got["precision"] == pytest.approx(float(by_keras(keras.metrics.Precision(), y, p)))


@pytest.mark.parametrize(
    ("form", "metric", "words"),
    [
        ("regression", "accuracy", "is about classes and form='regression' has none"),
        ("multilabel", "sparse_categorical_accuracy", "wants one class id for each example"),
        ("binary", keras.metrics.F1Score(), "one logit: write threshold=0.5"),
        ("multiclass", "accurracy", "Keras has no metric 'accurracy'"),
        ("multiclass", lambda y, p: 1 / 0, "fails on labels .*: ZeroDivisionError"),
        ("multiclass", {"logits": ["accuracy"], "other": ["mse"]}, "measures the logits alone"),
    ],
)
def test_what_means_nothing_is_refused(form, metric, words):
    """A number that means nothing, or a traceback from inside of Keras."""
    metrics = metric if isinstance(metric, dict) else [metric]
    with pytest.raises(UserError, match=words):
        reported(form, metrics)


def test_nobody_says_what_one_logit_is():
    """An objective on hidden states alone."""
    hint = Hint(layers=((0, 0),))
    distiller = Distiller(student=linear(1), teacher=linear(1), objective=hint)
    distiller.compile("sgd", metrics=["accuracy"])
    logits, labels = tf.zeros((4, 1)), tf.zeros(4, tf.int32)
    batch, weight = BatchMaker()(Inputs(X[:4], X[:4]), labels, None, {"logits": logits})
    with pytest.raises(UserError, match=r"add 0 \* HardLabels\(form=...\)"):
        distiller.metric_log.check({"logits": logits}, batch, weight)
    said = 0 * HardLabels("binary") + hint
    assert said.label_form == "binary"
    assert (SoftTargets() + HardLabels("multilabel")).label_form == "multilabel"


@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("labels", [bool, "float32"])
def test_labels_that_are_true_or_false(classes, labels):
    """`Cannot convert -100 to EagerTensor of dtype bool`."""
    form = "binary" if classes == 1 else "multiclass"
    options = {"objective": HardLabels(form), "compile": {"metrics": ["accuracy"]}}
    y = LABELS["binary"]
    one, other = (
        distil(linear(classes, seed=1), X, each, validation_data=(X, each), **options)[0]
        for each in (y, y.astype(labels))
    )
    assert set(one) == set(other)
    for name, values in one.items():
        assert other[name] == pytest.approx(values), name
    assert math.isfinite(one["val_loss"][0])


@pytest.mark.parametrize("metric", ["accuracy", keras.metrics.AUC(name="auc"), "mse"])
def test_callbacks_know_what_is_better(metric):
    """`EarlyStopping` asks the metric whether more is better."""
    name = getattr(metric, "name", metric)
    stop = keras.callbacks.EarlyStopping(f"val_{name}", patience=1)
    options = {"validation_data": (X, LABELS["binary"]), "callbacks": [stop]}
    reported("binary", [metric], **options)
    assert bool(stop.monitor_op(2.0, 1.0)) == (name != "mse")
