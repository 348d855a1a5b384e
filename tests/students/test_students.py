"""One battery for every student: what `distill`, `export` and a phone take for granted."""

import json
import random
import subprocess
import sys

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd import students
from tfkd.errors import UserError
from tfkd.students import SIZES, STUDENTS, build, sizes_of

VOCABULARY = 211
EVERY = [(name, size, classes) for name in STUDENTS for size in SIZES for classes in (2, 5)]
every_student = pytest.mark.parametrize("name", STUDENTS)
ORDERED = [name for name in STUDENTS if name != "static"]
# Keras warns of attention over a single piece; texts have two at the least, [CLS] and [SEP].
one_piece = pytest.mark.filterwarnings("ignore:[\\s\\S]*softmax over axis:UserWarning")


def ids(count=3, length=11, pad=0, seed=0):
    """Texts of several lengths, padded with 0."""
    rng = np.random.default_rng(seed)
    found = rng.integers(1, VOCABULARY, (count, length)).astype("int32")
    for row in range(1, count):
        found[row, length - 3 * row :] = 0
    return np.pad(found, ((0, 0), (0, pad)))


def drawn(model, seed=0, spread=0.3):
    """The model with all weights at random: n-gram tables begin at zero."""
    rng = np.random.default_rng(seed)
    model.set_weights([spread * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def logits(model, texts) -> np.ndarray:
    return np.array(model(texts, training=False))


@pytest.mark.slow_but_one("name")
@pytest.mark.parametrize(("name", "size", "classes"), EVERY)
def test_padding_changes_nothing(name, size, classes):
    """A batch is padded to its longest text: a text's answer must not depend on its neighbours."""
    model = drawn(build(name, VOCABULARY, classes, size))
    expected = logits(model, ids())
    assert expected.shape == (3, classes)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(logits(model, ids(pad=17)), expected, rtol=1e-4, atol=1e-5)
    alone = logits(model, ids()[2:, : 11 - 6])
    np.testing.assert_allclose(alone, expected[2:], rtol=1e-4, atol=1e-5)


def parameters(name: str, size: str, v: int, c: int) -> int:
    """By hand, from the settings of the size."""
    has = sizes_of(name)[size]
    if name == "ngram_linear":
        n = 1 if c == 2 else c
        tables = sum((t // n + 1) * n for t in (has["bigrams"], has["trigrams"]) if t)
        return v * n + tables + n * c + c
    w = has["width"]
    if name == "bag_of_ngrams":
        return v * w + (has["bigrams"] + 1) * w + w * c + c
    if name == "static":
        return v * w + v + w * c + c
    if name == "bilstm":
        u = has["units"]
        return v * w + 2 * 4 * (w + u + 1) * u + 2 * u * c + c
    if name == "text_cnn":
        f, kernels = has["filters"], has["kernels"]
        return v * w + sum(k * w * f + f for k in kernels) + len(kernels) * f * c + c
    if name == "ngram_cnn":
        n, f = 1 if c == 2 else 16, has["filters"]
        tables = sum((t // n + 1) * n for t in (has["bigrams"], has["trigrams"]) if t)
        return v * n + tables + n * c + c + v * w + 5 * w * f + f + f * c + c
    if name == "bottleneck":
        n, e = has["bottleneck"], has["embedding"]
        feed = (4 * n * n + 4 * n) + (4 * n * n + n) + 2 * n
        # Down, queries, keys, values of the wide vectors, what is attended, two norms, up, a norm.
        block = (w * n + n) + 3 * (n * n + n) + (w * n + n) + 4 * n + (n * w + w) + 2 * w
        tables = (v + has["max_length"] + 1) * e + 3 * e * w + w + 2 * w
        return tables + has["layers"] * (block + has["feed_forwards"] * feed) + w * c + c
    block = 4 * w + 4 * (w * w + w) + (4 * w * w + 4 * w) + (4 * w * w + w)
    return v * w + (has["max_length"] + 1) * w + has["layers"] * block + 2 * w + w * c + c


@pytest.mark.slow_but_one("name")
@pytest.mark.parametrize(("name", "size", "classes"), EVERY)
def test_as_many_parameters_as_the_sizes_say(name, size, classes):
    """The plan prints them before the start, and they are what the phone downloads."""
    model = build(name, VOCABULARY, classes, size)
    assert model.count_params() == parameters(name, size, VOCABULARY, classes)


@pytest.mark.parametrize("name", ORDERED)
def test_word_order_matters(name):
    """`not good, bad` and `bad, not good` are the same bag of words."""
    model = drawn(build(name, VOCABULARY, 2, "tiny"))
    text = np.array([[7, 3, 12, 5, 9, 4]], "int32")
    turned = text[:, [0, 3, 2, 1, 5, 4]]
    assert np.abs(logits(model, text) - logits(model, turned)).max() > 1e-3


def test_without_bigrams_a_bag_of_words_is_left():
    model = drawn(build("bag_of_ngrams", VOCABULARY, 2, "tiny", bigrams=0))
    text = np.array([[7, 3, 12, 5, 9, 4]], "int32")
    expected = logits(model, text)
    np.testing.assert_allclose(logits(model, text[:, ::-1]), expected, rtol=1e-5, atol=1e-6)


@one_piece
@every_student
def test_an_empty_text(name):
    """A row of padding alone: a mean over nothing is 0 / 0, and NaN trains every weight away."""
    model = drawn(build(name, VOCABULARY, 2, "tiny"))
    for texts in (np.zeros((2, 9), "int32"), np.zeros((1, 1), "int32"), ids() * [[1], [0], [1]]):
        assert np.isfinite(logits(model, texts)).all()


@one_piece
@every_student
@pytest.mark.parametrize("length", [1, 2, 3])
def test_texts_shorter_than_a_kernel(name, length):
    model = drawn(build(name, VOCABULARY, 2, "tiny"))
    short = ids(1, length)
    expected = logits(model, short)
    np.testing.assert_allclose(logits(model, np.pad(short, ((0, 0), (0, 8)))), expected, atol=1e-5)


@every_student
def test_the_same_seed_gives_the_same_weights(name):
    """The student trained alone must start where the distilled one did."""
    keras.utils.set_random_seed(5)
    one = build(name, VOCABULARY, 5, "tiny", seed=1).get_weights()
    before = random.getstate()
    two = build(name, VOCABULARY, 5, "tiny", seed=1).get_weights()
    assert random.getstate() == before
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
    for seed in (2, None):
        other = build(name, VOCABULARY, 5, "tiny", seed=seed).get_weights()
        # One starts from zeros.
        drawn = any((a != b).any() for a, b in zip(one, other, strict=True))
        assert drawn == (name != "ngram_linear")


def test_dropouts_of_one_seed_differ_from_layer_to_layer():
    """Equal masks in every layer leave the dropped numbers out of all of them together."""
    model = build("transformer", VOCABULARY, 2, "small", seed=1, dropout=0.5)
    layers = [each for each in model.layers if isinstance(each, keras.layers.Dropout)]
    masks = [np.array(each(np.ones((2, 7, 128), "float32"), training=True)) for each in layers]
    assert len(masks) == 6
    assert all((masks[0] != each).any() for each in masks[1:])


@pytest.mark.slow_but_one("name")
@every_student
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_logits_are_float32_under_mixed_precision(name, policy):
    """Logits in 16 bits lose the soft targets' small probabilities."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = drawn(build(name, VOCABULARY, 2, "tiny", seed=0), spread=0.1)
        found = model(ids(2, 60), training=False)
    finally:
        keras.config.set_dtype_policy(before)
    full = drawn(build(name, VOCABULARY, 2, "tiny", seed=0), spread=0.1)
    assert found.dtype == "float32"
    np.testing.assert_allclose(np.array(found), logits(full, ids(2, 60)), atol=0.05)


@every_student
def test_a_few_steps_lower_the_loss(name):
    """A part that passes no gradient still saves, exports and answers."""
    keras.utils.set_random_seed(0)
    settings = {"dropout": 0.0} if "dropout" in sizes_of(name)["tiny"] else {}
    model = build(name, VOCABULARY, 2, "tiny", seed=0, **settings)
    texts = ids(32, 9, seed=3) + 1
    labels = (texts[:, 0] % 2).astype("int32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    before = model.get_weights()
    losses = [float(model.train_on_batch(texts, labels)) for _ in range(12)]
    assert losses[-1] < 0.8 * losses[0]
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert all(moved)


@every_student
def test_from_config(name):
    model = drawn(build(name, VOCABULARY, 3, "tiny"))
    again = keras.Model.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(logits(again, ids()), logits(model, ids()), atol=1e-6)


WITHOUT_TFKD = """
import sys
sys.modules["tfkd"] = None  # importing it fails
import keras, numpy as np
folder = sys.argv[1]
for name in sys.argv[2:]:
    model = keras.models.load_model(f"{folder}/{name}.keras")
    np.save(f"{folder}/{name}.npy", np.array(model(np.load(f"{folder}/ids.npy"), training=False)))
"""


def test_a_saved_student_loads_without_tfkd(tmp_path):
    """Only the student is deployed: it must not drag the package behind it."""
    from tfkd.models.saving import save_keras

    np.save(tmp_path / "ids.npy", ids())
    models = {name: drawn(build(name, VOCABULARY, 3, "tiny")) for name in STUDENTS}
    for name, model in models.items():
        save_keras(model, tmp_path / f"{name}.keras")
    command = [sys.executable, "-c", WITHOUT_TFKD, str(tmp_path), *STUDENTS]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr[-2000:]
    for name, model in models.items():
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(found, logits(model, ids()), atol=1e-5)


def test_a_text_longer_than_the_transformer_has_positions():
    """An index past the table: an error in TensorFlow, and anything at all on a phone."""
    model = drawn(build("transformer", VOCABULARY, 2, "tiny", max_length=8))
    assert np.isfinite(logits(model, ids(1, 30))).all()
    eight = drawn(build("transformer", VOCABULARY, 2, "tiny", max_length=30))
    table = eight.get_layer("position_embedding")
    rows = model.get_layer("position_embedding").get_weights()[0]
    eight.set_weights(
        [
            new if new.shape == old.shape else old
            for new, old in zip(model.get_weights(), eight.get_weights(), strict=True)
        ]
    )
    table.set_weights([np.concatenate([rows, np.repeat(rows[-1:], 22, axis=0)])])
    np.testing.assert_allclose(logits(eight, ids(1, 30)), logits(model, ids(1, 30)), atol=1e-5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "text_cn"}, r"no student is called 'text_cn' \(did you mean text_cnn\?\)"),
        ({"name": "gpt"}, "no student is called 'gpt'; write one of ngram_cnn, "),
        ({"size": "huge"}, "size is 'huge': write one of 'tiny', 'small', 'base'."),
        ({"filtres": 8}, "unknown setting 'filtres': known are width, filters, kernels, dropout."),
        ({"filters": 0}, "text_cnn cannot be built with filters=0: "),
        ({"width": "wide"}, "text_cnn cannot be built with width='wide': "),
        ({"dropout": 2.0}, "text_cnn cannot be built with dropout=2.0: "),
    ],
)
def test_wrong_names_sizes_and_settings(given, words):
    """A misspelt setting that is ignored is a run with the default."""
    given = {"name": "text_cnn", "vocab_size": VOCABULARY, "classes": 2, **given}
    with pytest.raises(UserError, match=words):
        build(**given)


def test_names_sizes_and_rates_belong_together():
    assert set(students.LEARNING_RATES) == set(students.NAMES) > set(STUDENTS)
    for name in STUDENTS:
        assert set(sizes_of(name)) == set(SIZES)
        counts = [build(name, VOCABULARY, 2, size).count_params() for size in SIZES]
        assert counts == sorted(counts)
