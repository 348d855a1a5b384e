"""Several teachers are one teacher: the mean that was asked for, live and from the store."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_bert import checkpoint, texts
from toys import linear

from tfkd import Distiller, Ensemble, SoftTargets, load_teacher, store, students
from tfkd.errors import UserError
from tfkd.teachers.ensemble import weights_by_score

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 3, (3, 5, 4)).astype("float32")


def softmax(rows):
    raised = np.exp(rows - rows.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def fixed(logits=LOGITS):
    return [functools.partial(_same, each) for each in logits]


def _same(logits, inputs):
    return tf.constant(logits)


def mean(logits=LOGITS, **options):
    return Ensemble(fixed(logits), **options)(None)["logits"].numpy()


@pytest.mark.parametrize("weights", [None, [3, 1, 0], [0.5, 0.25, 0.25]])
def test_means_equal_numpy(weights):
    """The mean of logarithms, or of the wrong axis."""
    w = np.array(weights or [1, 1, 1], "float64")
    w = (w / w.sum())[:, None, None]
    p = (w * softmax(LOGITS)).sum(0)
    np.testing.assert_allclose(softmax(mean(weights=weights)), p, rtol=1e-5)
    np.testing.assert_allclose(
        mean(weights=weights, mean="logits"), (w * LOGITS).sum(0), rtol=1e-5, atol=1e-6
    )


def test_confidence_weighs_each_example():
    """A teacher that does not know has as much say as one that does."""
    p = softmax(LOGITS)
    sure = 1 + (p * np.log(p)).sum(-1) / np.log(4) + 1e-6
    w = (sure / sure.sum(0))[..., None]
    np.testing.assert_allclose(softmax(mean(weights="confidence")), (w * p).sum(0), rtol=1e-5)
    np.testing.assert_allclose(
        mean(weights="confidence", mean="logits"), (w * LOGITS).sum(0), rtol=1e-4, atol=1e-5
    )
    unsure = np.stack([LOGITS[0], np.zeros_like(LOGITS[0])])
    np.testing.assert_allclose(
        softmax(mean(unsure, weights="confidence")), softmax(LOGITS[0]), atol=1e-4
    )


@pytest.mark.parametrize("form", ["binary", "multilabel"])
def test_sigmoids(form):
    """Probabilities of several labels that were taken for one distribution."""
    logits = LOGITS[..., :1] if form == "binary" else LOGITS
    for weights in ([1, 1, 2], "confidence"):
        got = mean(logits, form=form, weights=weights)
        assert got.shape == logits.shape[1:]
        if weights != "confidence":
            w = np.array([0.25, 0.25, 0.5])[:, None, None]
            np.testing.assert_allclose(sigmoid(got), (w * sigmoid(logits)).sum(0), rtol=1e-5)
            np.testing.assert_allclose(
                mean(logits, form=form, weights=weights, mean="logits"),
                (w * logits).sum(0),
                rtol=1e-4,
                atol=1e-5,
            )


def test_the_mean_of_numbers_is_that_of_the_numbers():
    numbers = LOGITS[:, :, :1] + 2000
    weights = [0.5, 0.3, 0.2]
    found = mean(numbers, form="regression", weights=weights)
    np.testing.assert_allclose(found, np.tensordot(weights, numbers, 1), rtol=1e-6)
    with pytest.raises(UserError, match="numbers have no confidence"):
        mean(numbers, form="regression", weights="confidence")


@pytest.mark.parametrize("name", ["multi-label-classification", "text-regression"])
def test_joined_teachers_have_the_form_of_their_task(name, tmp_path):
    """The softmax over labels, each of which may be true, is nobody's answer."""
    from tfkd import tasks, teachers
    from tfkd.models.text_model import TextModel
    from tfkd.text import learn

    task = tasks.find(name)
    schema = task.schema(("joy", "fear", "love"))
    encoder = learn(["a good film", "a bad one"] * 9, vocab_size=80, max_length=16)
    for seed in (1, 2):
        model = students.build_for(task, schema, "text_cnn", 80, "tiny", seed=seed)
        model.layers[-2].kernel.assign(model.layers[-2].kernel * 30)
        teachers.save(TextModel(model, encoder, schema.labels), tmp_path / str(seed))
    specs = [f"keras:{tmp_path / str(seed)}" for seed in (1, 2)]
    words = ["a good film", "bad"]
    one, two = (load_teacher(spec, task=task).logits(words) for spec in specs)
    joint = load_teacher(" + ".join(specs), task=task).logits(words)
    if task.form == "regression":
        np.testing.assert_allclose(joint, (one + two) / 2, atol=1e-5)
    else:
        np.testing.assert_allclose(sigmoid(joint), (sigmoid(one) + sigmoid(two)) / 2, atol=1e-5)


def test_weights_by_score():
    """As much say as a teacher is better than guessing."""
    assert weights_by_score([0.9, 0.7, 0.4], chance=0.5) == [0.6667, 0.3333, 0.0]
    with pytest.raises(UserError, match=r"none of the scores .* lies above 0\.5"):
        weights_by_score([0.5, 0.4], chance=0.5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Ensemble([linear()]), r"an Ensemble of 1 teacher\(s\): give two or more"),
        (lambda: Ensemble(fixed(), weights=[1, 2]), "one number >= 0 for each of the 3"),
        (lambda: Ensemble(fixed(), weights=[1, -2, 1]), "one number >= 0"),
        (lambda: Ensemble(fixed(), weights="accuracy"), 'write numbers, or "confidence"'),
        (lambda: Ensemble(fixed(), mean="votes"), "write one of 'probabilities', 'logits'"),
        (lambda: Ensemble(fixed(), form="ranking"), "write one of 'multiclass'"),
        (lambda: Ensemble([*fixed(), "a"]), "give a Keras model or a callable"),
        (lambda: Ensemble(fixed())(None, ("hidden_states",)), "only logits in common"),
        (
            lambda: Ensemble([*fixed(), lambda x: tf.zeros((5, 3))])(None),
            "the teachers have 3 and 4 classes",
        ),
    ],
)
def test_what_cannot_be_joined(make, words):
    """A mean of three teachers of which one has other classes."""
    with pytest.raises(UserError, match=words):
        make()


def test_as_good_as_its_mean_in_a_step():
    """The student of an ensemble is the student of a model that returns the mean."""
    x = RNG.normal(size=(24, 5)).astype("float32")
    teachers = [linear(seed=1), linear(seed=2)]
    one = Ensemble(teachers)
    trained = []
    for teacher in (one, lambda inputs: one(inputs)["logits"]):
        student = linear(seed=5)
        distiller = Distiller(student=student, teacher=teacher, objective=SoftTargets())
        distiller.compile(keras.optimizers.SGD(0.1))
        distiller.fit(x, batch_size=8, shuffle=False, verbose=0)
        assert len(distiller.trainable_weights) == len(student.trainable_weights)
        trained.append(student.get_weights())
    for a, b in zip(*trained, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert one.fingerprint == Ensemble(teachers).fingerprint
    assert one.fingerprint != Ensemble(teachers, mean="logits").fingerprint
    assert one.fingerprint != Ensemble(teachers[::-1]).fingerprint


@pytest.mark.slow
def test_two_kinds_with_their_own_tokenizers_live_and_stored(tmp_path):
    """Keras and Hugging Face, each reading its own pieces: the same student from the store."""
    folder = checkpoint(tmp_path / "bert", classes=2)
    bert = load_teacher(f"hf:{folder}")
    bag = students.build("text_cnn", 50, 2, "tiny", seed=3)
    keras.utils.set_random_seed(0)
    ids = texts(16, 20, seed=4)
    x = {
        "student": ids,
        "teacher": {
            "bert": texts(16, 12, seed=5),
            "bag": RNG.integers(1, 50, (16, 9), "int32"),
        },
    }
    ensemble = Ensemble({"bert": bert, "bag": bag}, weights=[2, 1])

    def trained(data, teacher=None):
        student = students.build("text_cnn", 31, 2, "tiny", seed=7, dropout=0.0)
        distiller = Distiller(student=student, teacher=teacher, objective=SoftTargets())
        distiller.compile(keras.optimizers.SGD(0.5))
        distiller.fit(data, verbose=0)
        return student.get_weights()

    data = tf.data.Dataset.from_tensor_slices(x).batch(5)
    live = trained(data, ensemble)
    made = store.write(tmp_path / "s", ensemble, data, dtype="float32", verbose=0)
    assert made.rows == 16
    stored = trained(store.join(tmp_path / "s", data, teacher=ensemble))
    for a, b in zip(live, stored, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    start = students.build("text_cnn", 31, 2, "tiny", seed=7, dropout=0.0).get_weights()
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(live, start, strict=True))
    other = Ensemble({"bert": bert, "bag": bag})
    with pytest.raises(UserError, match="holds the outputs of another teacher"):
        store.join(tmp_path / "s", data, teacher=other)
