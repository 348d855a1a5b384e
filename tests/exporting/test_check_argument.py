"""What an export is checked on: arrays, labels and data sets, and what each of them says."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf
from keras import layers

from tfkd.errors import UserError
from tfkd.exporting import export
from tfkd.exporting.check_argument import parse_check
from tfkd.exporting.check_data import TaskContext
from tfkd.text import learn

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(120, 5, 5, 1)).astype("float32")
WIDE = RNG.normal(size=(120, 4)).astype("float32")
TEXTS = ["a good film", "a bad film", "far from dull", "not bad at all"] * 5


@pytest.fixture(scope="module")
def student():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((5, 5, 1), name="image"), layers.Flatten(), layers.Dense(3)]
    )


@pytest.fixture(scope="module")
def labels(student):
    """The student's own classes, of which every fourth is exchanged: it is right in three."""
    classes = np.asarray(student(IMAGES)).argmax(-1)
    classes[::4] = (classes[::4] + 1) % 3
    return classes


class Batches(keras.utils.PyDataset):
    """A data set of Keras."""

    def __init__(self, labels):
        super().__init__()
        self.labels = labels

    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(30 * index, 30 * index + 30)
        return IMAGES[rows], self.labels[rows]


def slices(*values):
    return tf.data.Dataset.from_tensor_slices(values)


@pytest.mark.parametrize(
    "make",
    [
        lambda y: (IMAGES, y),
        lambda y: (IMAGES, y[:, None].astype("float32")),
        lambda y: ({"image": IMAGES}, list(y)),
        lambda y: (IMAGES, [["cat", "dog", "owl"][i] for i in y]),
        lambda y: list(zip(IMAGES, y, strict=True)),
        lambda y: slices(IMAGES, y).batch(32),
        lambda y: slices(IMAGES, y),
        lambda y: slices(IMAGES, y, np.ones(120)).batch(50),
        lambda y: slices({"image": IMAGES}, y).batch(120),
        Batches,
    ],
)
def test_labels_of_arrays_give_both_scores(make, student, labels, tmp_path):
    """An image user never saw `score`: all of these were taken for texts."""
    made = export(student, tmp_path / "a.tflite", check=make(labels), labels=["cat", "dog", "owl"])
    assert (made.checked, made.score, made.keras_score) == (120, 0.75, 0.75)
    assert made.scores == {"accuracy": 0.75}


@pytest.mark.parametrize(
    "check",
    [
        IMAGES,
        list(IMAGES),
        IMAGES.tolist(),
        {"image": IMAGES},
        tf.data.Dataset.from_tensor_slices(IMAGES).batch(7),
        tf.data.Dataset.from_tensor_slices({"image": IMAGES}).batch(7),
    ],
)
def test_inputs_alone_have_no_score(check, student, tmp_path):
    made = export(student, tmp_path / "a.tflite", check=check)
    assert (made.checked, made.score) == (120, None)


def test_a_data_set_without_an_end_is_read_in_part():
    """It was read until the memory was full."""
    data = tf.data.Dataset.from_tensor_slices((IMAGES, np.zeros(120, int))).repeat().batch(1000)
    assert len(parse_check(data, TaskContext()).labels) == 10_000


def test_two_inputs_are_no_labels(tmp_path):
    """Two arrays of a model of two inputs, where the second has a class for each row of it."""
    inputs = [keras.Input((4,)), keras.Input((4,))]
    model = keras.Model(inputs, layers.Dense(3)(layers.Add()(inputs)))
    path = tmp_path / "a.tflite"
    assert export(model, path, check=(WIDE, WIDE)).score is None
    assert export(model, path, check=((WIDE, WIDE), np.zeros(120, int))).score is not None
    assert export(model, path, check=slices((WIDE, WIDE), np.zeros(120, int))).score is not None


def test_positions_have_labels_too_and_some_have_none(tmp_path):
    """The padding of a row is no mistake."""
    x = keras.Input((6, 4), name="x")
    model = keras.Model(x, layers.Dense(3)(x))
    rows = RNG.normal(size=(30, 6, 4)).astype("float32")
    classes = np.asarray(model(rows)).argmax(-1)
    classes[:, 3:] = -100
    assert export(model, tmp_path / "a.tflite", check=(rows, classes)).score == 1.0


def test_texts_with_labels_in_arrays_and_data_sets():
    encoder = learn(TEXTS, vocab_size=40, max_length=16)
    classes = np.arange(20) % 2
    for check in (
        (TEXTS, classes),
        (np.array(TEXTS), classes.astype("float32")),
        slices(TEXTS, classes).batch(8),
        slices(TEXTS, classes),
    ):
        data = parse_check(check, TaskContext(encoder=encoder), 1)
        assert [example["text"] for example in data.examples] == TEXTS
        assert [example["label"] for example in data.examples] == classes.tolist()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda y: (IMAGES, y[:7]), "7 labels came for 120 rows"),
        (lambda y: (IMAGES, np.eye(3)[y]), "not one-hot rows"),
        (lambda y: (IMAGES, y + 1), "the label 3 is among .* has 3 classes"),
        (lambda y: (IMAGES, y - 7), "the label -7 is among"),
        (lambda y: (IMAGES, y + 0.5), "are no class numbers"),
        (lambda y: (IMAGES, np.where(y, np.nan, 1.0)), "are no class numbers"),
        (lambda y: (IMAGES, ["cat"] * 120), "label 'cat' among .* expected a class number"),
        (lambda y: [(IMAGES[0], 1), (IMAGES[1][:2], 1)], "rows of different sizes"),
        (lambda y: [(IMAGES[0], 1), IMAGES[1]], "only some of it are"),
        (lambda y: ["a text"], "need the encoder .* for a model of other inputs give an array"),
        (lambda y: (IMAGES, y, y), "check"),
        (lambda y: slices(IMAGES, y).take(0), "data set to check on is empty"),
    ],
)
def test_what_is_no_check_is_one_sentence(make, sentence, student, labels, tmp_path):
    with pytest.raises(UserError, match=sentence):
        export(student, tmp_path / "a.tflite", check=make(labels))
    assert list(tmp_path.iterdir()) == []
