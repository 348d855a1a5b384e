"""Whatever `model.fit` takes, and models of any structure of inputs and outputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import CLASSES, assert_same_weights, data, distil, linear, tagger, token_data

from tfkd import Distiller, HardLabels, SoftTargets, store

X, Y = data(20)


class Sequence(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return X[8 * i : 8 * i + 8], Y[8 * i : 8 * i + 8]


def batches():
    for i in range(0, 20, 8):
        yield X[i : i + 8], Y[i : i + 8]


@pytest.fixture(scope="module")
def trained():
    """The student that NumPy arrays train."""
    student = linear(seed=1)
    distil(student, X, Y, teacher=linear(seed=7), batch_size=8)
    return student


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    "source",
    [
        lambda: (tf.data.Dataset.from_tensor_slices((X, Y)).batch(8),),
        lambda: (batches(),),
        lambda: (Sequence(),),
        lambda: (tf.constant(X), tf.constant(Y)),
        lambda: (X, Y[:, None]),
        lambda: (X.astype("float64"), Y.astype("int64")),
    ],
    ids=["tf.data", "generator", "PyDataset", "tensors", "column", "float64"],
)
def test_every_source_trains_alike(source, trained):
    """A generator whose first batch was looked at and lost trains on less than it was given."""
    student = linear(seed=1)
    given = source()
    options = {"batch_size": 8} if len(given) == 2 else {"steps_per_epoch": 3}
    history, _ = distil(student, *given, teacher=linear(seed=7), **options)
    assert_same_weights(student, trained, atol=1e-6)
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: (x,)])
def test_unlabelled_data(wrap):
    """y=None, in each spelling of Keras, is the same run."""
    students = [linear(seed=1) for _ in range(3)]
    teacher, objective = linear(seed=7), SoftTargets()
    dataset = tf.data.Dataset.from_tensor_slices(X).batch(8).map(wrap)
    distil(students[0], X, None, teacher=teacher, objective=objective, batch_size=8)
    distil(students[1], dataset, teacher=teacher, objective=objective)
    distil(students[2], X, np.full(20, -100), teacher=teacher, batch_size=8, objective=objective)
    assert_same_weights(students[0], students[1], atol=1e-6)
    assert_same_weights(students[0], students[2], atol=1e-6)


def structured(inputs, outputs, seed=1):
    """A linear model behind a structure of inputs and outputs."""
    x = keras.Input((5,), name="x")
    dense = keras.layers.Dense(CLASSES)
    y = dense(x)
    dense.set_weights(linear(seed=seed).get_weights())
    return keras.Model(inputs(x), outputs(y))


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    ("inputs", "feed"),
    [
        (lambda x: x, X),
        (lambda x: {"x": x}, {"x": X}),
        (lambda x: [x], [X]),
        (lambda x: {"x": x}, {"x": X, "unused": X}),
    ],
    ids=["tensor", "dict", "list", "extra key"],
)
@pytest.mark.parametrize(
    "outputs",
    [
        lambda y: y,
        lambda y: {"logits": y},
        lambda y: {"logits": y, "pooled": y[:, :1]},
        lambda y: {"only": y},
        lambda y: [y, y[:, :1]],
        lambda y: (y,),
    ],
    ids=["tensor", "logits", "extra output", "other name", "list", "tuple"],
)
def test_structures(inputs, feed, outputs, trained):
    """The incumbent fails on dicts and lists, and refuses a teacher that returns more."""
    student = structured(inputs, outputs)
    teacher = structured(inputs, outputs, seed=7)
    distil(student, feed, Y, teacher=teacher, batch_size=8, compile={"run_eagerly": True})
    assert_same_weights(student, trained, atol=1e-6)


def test_inputs_of_two_structures():
    """BERT to bag of words: each model reads its own."""
    teacher = structured(lambda x: {"x": x}, lambda y: {"logits": y}, seed=7)
    student, twin = linear(seed=1), linear(seed=1)
    x = {"student": X, "teacher": {"x": X[::-1].copy()}}
    distil(student, x, Y, teacher=teacher, batch_size=8)
    logits = teacher.predict({"x": X[::-1].copy()}, verbose=0)["logits"]
    x = {"student": X, "targets": {"logits": logits}}
    distil(twin, x, Y, batch_size=8)
    assert_same_weights(student, twin, atol=1e-6)


@pytest.mark.parametrize(
    "teacher",
    [
        lambda x: tf.matmul(x, linear(seed=7).get_weights()[0]) + linear(seed=7).get_weights()[1],
        lambda x, reads: {"logits": linear(seed=7)(x)},
        lambda x, reads: (linear(seed=7)(x), None),
        tf.function(linear(seed=7)),
    ],
    ids=["one argument", "two arguments", "tuple", "tf.function"],
)
def test_any_callable_is_a_teacher(teacher, trained):
    """A lambda will do."""
    student = linear(seed=1)
    distil(student, X, Y, teacher=teacher, batch_size=8, compile={"run_eagerly": True})
    assert_same_weights(student, trained, atol=1e-6)


@pytest.mark.parametrize("objective", [HardLabels(), SoftTargets(), None], ids=str)
def test_padding_never_counts(objective):
    """Whatever stands in the padding, loss and update stay."""
    x, y = token_data()
    padding = x["attention_mask"] == 0
    junk = {**x, "input_ids": np.where(padding, 19, x["input_ids"])}
    student, twin = tagger(seed=1), tagger(seed=1)
    options = {"teacher": tagger(seed=7), "objective": objective, "batch_size": 4}
    clean, _ = distil(student, x, y, **options)
    dirty, _ = distil(twin, junk, np.where(padding, -100, y), **options)
    assert_same_weights(student, twin, atol=1e-6)
    assert clean["loss"] == pytest.approx(dirty["loss"], rel=1e-6)


def test_the_mask_is_an_argument():
    """Inputs that name their mask otherwise."""
    x, y = token_data()
    student, twin = tagger(seed=1), tagger(seed=1)
    options = {"teacher": tagger(seed=7), "batch_size": 4}
    distil(student, x, y, **options)

    def mask(inputs, labels, logits):
        return tf.cast(inputs["input_ids"] != 0, tf.float32)

    everywhere = {**x, "attention_mask": np.ones_like(x["attention_mask"])}
    distil(twin, everywhere, y, build={"mask": mask}, **options)
    assert_same_weights(student, twin, atol=1e-6)


def test_sample_weights_per_token():
    """The same weight on all tokens of an example is the example's; normalised away, it is none."""
    x, y = token_data()
    weight = np.linspace(0.0, 3.0, len(y)).astype("float32")
    students = [tagger(seed=1) for _ in range(3)]
    options = {"teacher": tagger(seed=7), "batch_size": 4}
    one, _ = distil(students[0], x, y, sample_weight=weight, **options)
    each = np.repeat(weight[:, None], y.shape[1], axis=1)
    two, _ = distil(students[1], x, y, sample_weight=each, **options)
    three, _ = distil(students[2], x, y, sample_weight=weight[:, None], **options)
    for student, history in zip(students[1:], (two, three), strict=True):
        assert_same_weights(students[0], student, atol=1e-6)
        assert history["loss"] == pytest.approx(one["loss"], rel=1e-6)


def test_subclassed_student_is_built_by_the_first_batch():
    """A model without a declared input has no weights before it is called."""

    class Student(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(CLASSES)

        def call(self, x):
            return self.dense(x)

    student = Student()
    history, _ = distil(student, X, Y, teacher=linear(seed=7), batch_size=8, epochs=3)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("form", ["binary", "multilabel", "regression"])
def test_other_forms(form):
    """One logit, several yes-or-no labels, a number: each by name."""
    from tfkd import LogitError, hinton

    rng = np.random.default_rng(0)
    size = 1 if form == "binary" else 3
    labels = {
        "binary": rng.integers(0, 2, 20),
        "multilabel": rng.integers(-1, 2, (20, 3)),
        "regression": rng.normal(size=(20, 3)),
    }[form]
    labels = np.where(labels == -1, -100, labels) if form == "multilabel" else labels
    objective = hinton(form=form) if form != "regression" else HardLabels(form) + LogitError(form)
    history, _ = distil(
        linear(size, seed=1),
        X,
        labels,
        teacher=linear(size, seed=7),
        objective=objective,
        batch_size=8,
        epochs=3,
    )
    assert history["loss"][-1] < history["loss"][0]


def test_validation_split_and_predict():
    """The rest of Keras's vocabulary goes to the student."""
    student = linear(seed=1)
    history, distiller = distil(
        student, X, Y, teacher=linear(seed=7), validation_split=0.25, batch_size=5
    )
    assert np.isfinite(history["val_loss"]).all()
    np.testing.assert_allclose(
        distiller.predict(X, verbose=0), student.predict(X, verbose=0), rtol=1e-6
    )


class Answers(keras.Model):
    """Start and end logits of an answer, over tokens."""

    def __init__(self, seed):
        super().__init__()
        init = keras.initializers.RandomNormal(seed=seed)
        self.embedding = keras.layers.Embedding(20, 2, embeddings_initializer=init)

    def call(self, inputs, training=False):
        logits = self.embedding(inputs["input_ids"])
        return {"start_logits": logits[..., 0], "end_logits": logits[..., 1]}


def test_spans_from_a_store_are_those_of_the_teacher(tmp_path):
    """Padded tokens of stored logits that could be the answer, and losses below zero."""
    rng = np.random.default_rng(0)
    mask = (np.arange(7) < rng.integers(2, 8, (16, 1))).astype("int32")
    ids = rng.integers(1, 20, mask.shape).astype("int32") * mask
    data = tf.data.Dataset.from_tensor_slices({"input_ids": ids, "attention_mask": mask}).batch(8)
    teacher = Answers(1)
    store.write(tmp_path, teacher, data, dtype="float32", verbose=0)
    losses = []
    for x, live in ((data, teacher), (store.join(tmp_path, data), None)):
        distiller = Distiller(student=Answers(2), teacher=live, objective=SoftTargets())
        distiller.compile("adam")
        losses.append(distiller.fit(x, epochs=2, verbose=0).history["loss"])
    assert min(losses[0]) > 0
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-6)
