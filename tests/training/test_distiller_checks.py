"""What can be known before the first step is said before it, in one sentence of ours."""

import traceback
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import Counting, data, distil, linear, tagger, token_data

from tfkd import Distiller, HardLabels, SoftTargets, UserError, hinton

X, Y = data(16)


def refused(words, *fit_data, student=None, **options):
    """`distil` raises one `UserError` that matches `words`, untouched by Keras."""
    student = student or linear(seed=1)
    before = student.get_weights()
    with pytest.raises(UserError, match=words) as caught:
        distil(student, *(fit_data or (X, Y)), **options)
    message = str(caught.value)
    assert "Exception encountered" not in message
    assert "\n" not in message
    assert traceback.extract_tb(caught.value.__traceback__)[-1].filename.count("tfkd")
    for a, b in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_classes_that_differ_are_found_at_construction():
    """Two functional models say their classes before there are data."""
    with pytest.raises(UserError, match="student has 3 classes and the teacher 5"):
        Distiller(student=linear(3), teacher=linear(5))


def test_classes_that_differ_are_found_in_the_first_batch():
    """A callable says its classes only when it runs."""
    teacher = linear(5)
    refused("student has 3 classes and the teacher 5", teacher=lambda x: teacher(x))


def test_classes_that_differ_are_found_in_the_example():
    """An example batch at construction checks everything at once."""
    teacher = linear(5)
    with pytest.raises(UserError, match="student has 3 classes and the teacher 5"):
        Distiller(student=linear(3), teacher=lambda x: teacher(x), example=(X, Y))


def test_a_softmax_over_one_class():
    """Loss 0, gradient 0, and a progress bar."""
    with pytest.raises(UserError, match=r'softmax over one class is always 1.*form="binary"'):
        Distiller(student=linear(1), teacher=linear(1))


def embedder(vocabulary):
    init = keras.initializers.RandomNormal(seed=0)
    return keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(vocabulary, 4, embeddings_initializer=init),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3, kernel_initializer=init),
        ]
    )


@pytest.mark.parametrize("whose", ["student", "teacher"])
@pytest.mark.parametrize("row", [0, 15])
def test_ids_beyond_the_embedding(whose, row):
    """XLA and GPUs clip such an id and go on; the texts become noise."""
    ids = np.ones((16, 4), "int32")
    ids[row, 2] = 20
    models = {"student": embedder(50), "teacher": embedder(50), whose: embedder(20)}
    words = rf"hold the id 20 and the {whose}'s embedding has 20 rows, 0\.\.19"
    refused(words, ids, Y, batch_size=4, **models)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda x: {"hidden": x, "pooled": x}, "returned 'hidden', 'pooled' and no 'logits'"),
        (lambda x: None, "teacher returned None: return a tensor of logits"),
        (lambda x: "positive", "teacher returned 'positive'"),
        (lambda x: (), r"teacher returned \(\)"),
    ],
)
def test_a_teacher_that_returns_no_logits(returned, words):
    """A hidden state taken for logits distils nonsense."""
    refused(words, teacher=returned)


def test_stored_targets_without_logits():
    """The same for what was stored."""
    x = {"student": X, "targets": {"probabilities": X[:, :3], "id": Y}}
    refused("'logits'", x, Y)


def test_no_labels_for_the_hard_term():
    """A term that nobody feeds reports 0 and looks perfect."""
    refused("hard_labels needs labels and the data have none", X, None, teacher=linear())


def test_no_teacher_for_the_soft_term():
    """The same for a forgotten teacher."""
    refused(r"soft_targets needs a teacher and there is none: give Distiller\(teacher=", X, Y)


def test_what_is_no_teacher():
    """A path or a name is for `load_teacher`."""
    with pytest.raises(UserError, match="the teacher is 'bert-base'"):
        Distiller(student=linear(), teacher="bert-base")


@pytest.mark.parametrize("junk", [np.nan, np.inf])
def test_nan_from_the_teacher_in_the_first_batch(junk):
    """One NaN weight in a checkpoint, and every student weight is NaN."""
    teacher = linear(seed=7)
    teacher.set_weights([np.full((5, 3), junk), np.zeros(3)])
    refused(r"teacher returned NaN or \+inf for 16 of the 16 examples", teacher=teacher)


def test_nan_from_the_student_in_the_first_batch():
    """A student that is broken already cannot learn."""
    student = linear(seed=1)
    student.set_weights([np.full((5, 3), np.nan), np.zeros(3)])
    refused("the student returned NaN", student=student, teacher=linear())


def test_nan_from_the_teacher_weighs_nothing():
    """Zeroed but counted, the broken example pulls the student towards no opinion."""
    bad, weight = X.copy(), np.ones(16)
    bad[12], weight[12] = np.nan, 0.0
    student, twin = linear(seed=1), linear(seed=1)
    options = {"teacher": linear(seed=7), "batch_size": 8}
    with pytest.raises(UserError, match="at step 2 of epoch 1"):
        distil(student, {"student": X, "teacher": bad}, Y, **options)
    distil(twin, X, Y, sample_weight=weight, **options)
    for a, b in zip(student.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("jit", [True, False])
def test_nan_from_the_teacher_at_a_later_step(jit, tmp_path):
    """Stopped at once, the step named; the student finite, the last checkpoint whole."""
    teacher, path = linear(seed=7), tmp_path / "student.keras"
    x = np.concatenate([X, X])
    bad = x.copy()
    bad[20] = np.nan  # the teacher's input only
    inputs = {"student": x, "teacher": bad}
    student = linear(seed=1)
    checkpoint = keras.callbacks.ModelCheckpoint(str(path))
    distiller = Distiller(student=student, teacher=teacher)
    distiller.compile(keras.optimizers.Adam(0.1), jit_compile=jit)
    y = np.concatenate([Y, Y])
    good = {"student": x, "teacher": x}
    options = {"batch_size": 8, "shuffle": False, "verbose": 0, "callbacks": [checkpoint]}
    distiller.fit(good, y, **options)
    saved = path.read_bytes()
    with pytest.raises(UserError, match=r"for 1 example\(s\) at step 3 of epoch 1"):
        distiller.fit(inputs, y, **options)
    assert all(np.isfinite(w).all() for w in student.get_weights())
    assert path.read_bytes() == saved


def test_masked_nan_from_the_teacher_is_none():
    """What stands in the padding is nobody's business."""
    x, y = token_data()
    teacher = tagger(seed=7)

    def half_broken(inputs, reads):
        logits = teacher(inputs)["logits"]
        return {"logits": tf.where(inputs["attention_mask"][..., None] > 0, logits, np.nan)}

    student, twin = tagger(seed=1), tagger(seed=1)
    broken, _ = distil(student, x, y, teacher=half_broken)
    whole, _ = distil(twin, x, y, teacher=teacher)
    assert broken["loss"] == pytest.approx(whole["loss"], rel=1e-6)


@pytest.mark.parametrize("value", [0, -1.0, float("nan")])
def test_temperature(value):
    """Checked where it is written."""
    with pytest.raises(UserError, match="temperature is"):
        Distiller(student=linear(), teacher=linear(), objective=hinton(temperature=value))


def test_all_zero_weights():
    """Hours of training on nothing."""
    objective = 0.0 * HardLabels() + 0.0 * SoftTargets()
    with pytest.raises(UserError, match="weights are all zero"):
        Distiller(student=linear(), teacher=linear(), objective=objective)


def test_one_hot_labels():
    """One-hot rows broadcast against ids."""
    refused(r"\(16, 3\).*class ids, not one-hot", X, np.eye(3)[Y], teacher=linear())


@pytest.mark.parametrize("row", [0, 15])
def test_label_out_of_range(row):
    """The first batch may be innocent: arrays are looked through."""
    y = Y.copy()
    y[row] = 3
    refused(r"label 3 is outside 0\.\.2", X, y, batch_size=4, teacher=linear())


@pytest.mark.parametrize("as_data", [tf.data.Dataset.from_tensor_slices, None])
def test_streams_are_checked_too(as_data):
    """A tf.data pipeline and a generator show their first batch."""
    y = Y + 3
    source = as_data((X, y)).batch(4) if as_data else iter_batches(y)
    refused(r"label . is outside 0\.\.2", source, teacher=linear())


def iter_batches(y):
    yield X, y


def test_a_teacher_that_cannot_be_compiled():
    """XLA fails on Python code with a page of its own words."""
    distiller = Distiller(student=linear(), teacher=Counting(linear()))
    assert not distiller.supports_jit
    with pytest.raises(UserError, match="cannot be compiled by XLA: write jit_compile=False"):
        distiller.compile("sgd", jit_compile=True)


def test_gradients_that_several_replicas_would_accumulate(monkeypatch):
    """A page of words about `merge_call`, in the first step."""
    distiller = Distiller(student=linear(), teacher=linear())
    distiller.compile(keras.optimizers.SGD(gradient_accumulation_steps=2))
    two = property(lambda self: SimpleNamespace(num_replicas_in_sync=2))
    monkeypatch.setattr(type(distiller), "distribute_strategy", two)
    accumulating = keras.optimizers.SGD(gradient_accumulation_steps=2)
    for options in (
        {"optimizer": accumulating},
        {"optimizer": "sgd", "projection_optimizer": accumulating},
    ):
        with pytest.raises(UserError, match="gradient_accumulation_steps=2 and 2 replicas"):
            distiller.compile(**options)


@pytest.mark.parametrize("argument", ["student_outputs", "teacher_outputs"])
def test_unknown_reading(argument):
    """A misspelt word must not mean the default."""
    with pytest.raises(UserError, match=f"{argument}='probabilities': write one of 'auto'"):
        Distiller(student=linear(), teacher=linear(), **{argument: "probabilities"})


@pytest.mark.slow_but_one
@pytest.mark.parametrize("value", ["softmax", "sigmoid"])
@pytest.mark.parametrize("whose", ["student", "teacher"])
def test_activations_of_keras_are_undone(whose, value):
    """A softmax at the end is the same training as without it, not a double softmax."""
    form = {"softmax": "multiclass", "sigmoid": "multilabel"}[value]
    y = Y if value == "softmax" else np.eye(3)[Y]
    plain, twin = linear(seed=1), linear(seed=1)
    distil(plain, X, y, teacher=linear(seed=7), objective=hinton(form=form))
    ends = {"student": None, "teacher": None, whose: value}
    student = linear(seed=1, activation=ends["student"])
    teacher = linear(seed=7, activation=ends["teacher"])
    distil(student, X, y, teacher=teacher, objective=hinton(form=form))
    assert not np.array_equal(student.get_weights()[0], twin.get_weights()[0])
    for a, b in zip(student.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


HIDDEN = {
    "Lambda": lambda: keras.Sequential(
        [linear(seed=7), keras.layers.Lambda(lambda x: tf.nn.softmax(x))]
    ),
    "tf.function": lambda: tf.function(linear(seed=7, activation="softmax"), autograph=False),
    "callable": lambda: lambda x: tf.nn.softmax(linear_logits(x)),
}


KERNEL, BIAS = (w.copy() for w in linear(seed=7).get_weights())


def linear_logits(x):
    return tf.matmul(x, KERNEL) + BIAS


@pytest.mark.slow_but_one
@pytest.mark.parametrize("kind", list(HIDDEN))
def test_hidden_softmax_is_refused_with_the_cure(kind):
    """Never a silent double softmax."""
    teacher = HIDDEN[kind]()
    refused(r'looks like probabilities \(softmax\).*teacher_outputs="softmax"', teacher=teacher)
    student, plain = linear(seed=1), linear(seed=1)
    distil(student, X, Y, teacher=teacher, build={"teacher_outputs": "softmax"})
    distil(plain, X, Y, teacher=linear(seed=7))
    for a, b in zip(student.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_students_hidden_softmax_is_read_as_told():
    """The same for the student: inverted where `student_outputs` says so, refused where not."""
    hidden, plain = linear(seed=1), linear(seed=1)
    student = keras.Sequential([hidden, keras.layers.Lambda(lambda x: tf.nn.softmax(x))])
    student.build((None, 5))
    refused('student_outputs="softmax"', student=student, teacher=linear(seed=7))
    distil(student, X, Y, teacher=linear(seed=7), build={"student_outputs": "softmax"})
    distil(plain, X, Y, teacher=linear(seed=7))
    for a, b in zip(hidden.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_example_batch_passes():
    """Sound models and data raise nothing."""
    Distiller(student=linear(), teacher=linear(), example=(X, Y))
    Distiller(student=linear(), teacher=linear(), objective=SoftTargets(), example=X)
