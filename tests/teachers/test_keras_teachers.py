"""Keras models of every make as teachers: what is loaded answers as what was saved."""

import json
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf

from tfkd import distill, load_teacher, store
from tfkd.errors import UserError
from tfkd.models.saving import quiet_save
from tfkd.text import learn

layers = keras.layers
TEXTS = ["a good film", "a bad film, a film", "good", "bad bad bad", ""]
LENGTH = 12


@pytest.fixture(scope="module")
def encoder():
    return learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=LENGTH)


def padded(encoder, texts=TEXTS):
    rows = encoder.encode_many(texts)
    return np.array([ids + [0] * (LENGTH - len(ids)) for ids in rows], "int32")


def saved(model, encoder, folder, name="model.keras"):
    folder.mkdir(exist_ok=True)
    encoder.save(folder)
    with quiet_save():
        model.save(folder / name)
    return f"keras:{folder}"


def body(classes=2, activation=None, mask=True):
    keras.utils.set_random_seed(0)
    return [
        layers.Embedding(60, 6, mask_zero=mask, embeddings_initializer="normal"),
        layers.GlobalAveragePooling1D(),
        layers.Dense(classes, activation, kernel_initializer="normal"),
    ]


def functional(inner, length=None, dtype="int32"):
    ids = keras.Input((length,), dtype=dtype)
    return keras.Model(ids, inner(ids))


MAKES = {
    "sequential": lambda: keras.Sequential([keras.Input((None,), dtype="int32"), *body()]),
    "sequential of one length": lambda: keras.Sequential([keras.Input((LENGTH,)), *body()]),
    "nested": lambda: functional(keras.Sequential(body())),
    "nested twice": lambda: functional(functional(keras.Sequential(body()))),
    "softmax": lambda: keras.Sequential([keras.Input((None,)), *body(2, "softmax")]),
}


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
@pytest.mark.parametrize("make", MAKES)
@pytest.mark.filterwarnings("ignore:.*legacy")
def test_a_model_of_any_make(make, name, encoder, tmp_path):
    """A Sequential from a file has no `input`, and its layers no names that anybody chose."""
    model = MAKES[make]()
    teacher = load_teacher(saved(model, encoder, tmp_path / "t", name))
    want = model.predict(padded(encoder), verbose=0)
    got = teacher.logits(TEXTS)
    got = np.array(tf.nn.softmax(got)) if make == "softmax" else got
    np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_comes_as_float32(policy, encoder, tmp_path):
    """Logits in a type that NumPy does not know."""
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        model = MAKES["sequential"]()
        given = saved(model, encoder, tmp_path / "t")
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    teacher = load_teacher(given)
    got = teacher.logits(TEXTS)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, model.predict(padded(encoder), verbose=0), atol=1e-2)
    hidden = teacher.outputs(padded(encoder), ("logits", "embeddings"))["embeddings"]
    assert hidden.dtype == tf.float32


@pytest.mark.parametrize("activation", ["sigmoid", None])
@pytest.mark.parametrize("length", [LENGTH, None])
def test_one_sigmoid_is_two_classes(activation, length, encoder, tmp_path):
    """`Dense(1)` of a tutorial on sentiment, refused for its one class of two."""
    model = functional(keras.Sequential(body(1, activation)), length)
    given = saved(model, encoder, tmp_path / "t")
    teacher = load_teacher(given)
    assert (teacher.classes, teacher.shapes) == (2, {"logits": (2,)})
    value = model.predict(padded(encoder), verbose=0)[:, 0]
    second = value if activation else 1 / (1 + np.exp(-value))
    got = np.array(tf.nn.softmax(teacher.logits(TEXTS)))
    np.testing.assert_allclose(got, np.stack([1 - second, second], 1), atol=1e-5)
    (tmp_path / "t" / "labels.txt").write_text("yes\nno\n")
    named = load_teacher(given)
    assert named.labels == ("yes", "no")
    np.testing.assert_array_equal(
        named.reordered([1, 0]).logits(TEXTS), named.logits(TEXTS)[:, ::-1]
    )


def test_a_run_with_one_sigmoid(encoder, tmp_path, monkeypatch):
    """The table of a run whose teacher has one logit."""
    monkeypatch.chdir(tmp_path)
    good = encoder.encode("good")[1]
    model = functional(keras.Sequential(body(1, "sigmoid")))
    table, kernel, bias = (weight * 0 for weight in model.get_weights())
    table[good], kernel[0], bias[0] = 9.0, 9.0, -1.0
    model.set_weights([table, -kernel, -bias])
    saved(model, encoder, Path("t"))
    rows = [
        {"text": f"a {w} film {'a ' * i}", "label": w} for i in range(9) for w in ("good", "bad")
    ]
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows * 2))
    settings = {"vocab_size": 100, "max_length": 16, "epochs": 1, "alone": False, "to": "run"}
    with pytest.raises(UserError, match="Write --teacher-labels good,bad"):
        distill(data="data.jsonl", teacher="keras:t", student="bag_of_ngrams:tiny", **settings)
    model.set_weights([table, kernel, bias])
    saved(model, encoder, Path("t"))
    result = distill(data="data.jsonl", teacher="keras:t", student="bag_of_ngrams:tiny", **settings)
    assert result.report["teacher"].scores["accuracy"] == 1.0


@pytest.mark.filterwarnings("ignore:You are using a softmax")
def test_a_softmax_over_one_number_is_refused(encoder, tmp_path):
    """A teacher that is sure of the same class for every text."""
    given = saved(functional(keras.Sequential(body(1, "softmax"))), encoder, tmp_path / "t")
    with pytest.raises(UserError, match="returns 1 for every text, as a softmax over one number"):
        load_teacher(given)


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("classes", [1, 3])
def test_a_model_that_reads_texts(shape, classes, tmp_path):
    """`TextVectorization` inside: no tokenizer beside it, and none needed."""
    reads = layers.TextVectorization(max_tokens=40, output_sequence_length=8)
    reads.adapt(["a good film", "a bad film, ünlü 影片"])
    text = keras.Input(shape, dtype="string")
    keras.utils.set_random_seed(0)
    x = layers.GlobalAveragePooling1D()(layers.Embedding(40, 8)(reads(text)))
    model = keras.Model(text, layers.Dense(classes, kernel_initializer="normal")(x))
    with quiet_save():
        model.save(tmp_path / "model.keras")
    teacher = load_teacher(f"keras:{tmp_path}")
    texts = ["A good film!", "a bad", "ünlü 影片 a", "x" * 3000]
    given = tf.constant(texts) if shape == () else tf.constant(texts)[:, None]
    want = model(given).numpy()
    got = teacher.logits(texts)
    got = got[:, 1:] if classes == 1 else got
    np.testing.assert_allclose(got, want, atol=1e-6)
    assert teacher.parameters == model.count_params()
    made = store.write(tmp_path / "s", teacher, texts, dtype="float32", verbose=0)
    assert made.rows == len(texts)


def test_another_vocabulary_is_another_teacher(tmp_path):
    """Weights that are equal, and words that are not: outputs of one taken for the other's."""
    marks = []
    for word in ("good", "bad"):
        reads = layers.TextVectorization(max_tokens=9, output_sequence_length=4)
        reads.adapt([word])
        keras.utils.set_random_seed(0)
        text = keras.Input((), dtype="string")
        x = layers.Flatten()(layers.Embedding(9, 2)(reads(text)))
        marks.append(store.fingerprint(keras.Model(text, layers.Dense(2)(x))))
    assert marks[0] != marks[1]


def wrapped(model):
    return lambda ids: model(ids)


def test_lambdas_around_two_teachers_are_two_teachers(encoder):
    """Outputs of one, read as the other's since both are called `<lambda>`."""
    models = [keras.Sequential([keras.Input((4,)), layers.Dense(2)]) for _ in range(2)]
    one, again, other = (store.fingerprint(wrapped(each)) for each in (models[0], *models))
    assert one == again != other


def test_what_a_folder_of_weights_alone_says(encoder, tmp_path):
    """Files without layers, in the words of h5py."""
    model = MAKES["sequential"]()
    encoder.save(tmp_path)
    with quiet_save():
        model.save_weights(tmp_path / "model.weights.h5")
    for given in (f"keras:{tmp_path}", f"keras:{tmp_path / 'model.weights.h5'}"):
        with pytest.raises(
            UserError, match=r"holds weights alone, .* model\.save\('model\.keras'\)"
        ):
            load_teacher(given)


class Pooled(keras.Model):
    """A subclassed model that nobody registered."""

    def __init__(self, **options):
        super().__init__(**options)
        self.table, self.pool, self.out = body()

    def call(self, inputs):
        return self.out(self.pool(self.table(inputs)))


# As of a script that is not there any more.
Pooled.__module__ = "nowhere"


def test_code_of_one_s_own(encoder, tmp_path):
    """A page of a config, and no word of what to do."""
    model = Pooled()
    want = model(padded(encoder)).numpy()
    given = saved(model, encoder, tmp_path / "t")
    with pytest.raises(UserError, match="register_keras_serializable") as caught:
        load_teacher(given)
    assert "\n" not in str(caught.value)
    with keras.saving.custom_object_scope({"Pooled": Pooled}):
        np.testing.assert_allclose(load_teacher(given).logits(TEXTS), want, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_a_file_of_tf_keras(name, encoder, tmp_path):
    """Yesterday's checkpoints."""
    legacy = pytest.importorskip("tf_keras")
    model = legacy.Sequential(
        [
            legacy.layers.Embedding(60, 6, input_length=LENGTH),
            legacy.layers.GlobalAveragePooling1D(),
            legacy.layers.Dense(2),
        ]
    )
    want = model.predict(padded(encoder), verbose=0)
    encoder.save(tmp_path)
    model.save(tmp_path / name)
    np.testing.assert_allclose(load_teacher(f"keras:{tmp_path}").logits(TEXTS), want, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "task", "told"),
    [
        ("causal", "translation", "goes on with a text.*a model that writes a text from another"),
        ("seq2seq", "text-generation", "writes a text from another one.*that goes on with a text"),
    ],
)
def test_a_writer_of_the_other_kind_is_refused(make, task, told, tmp_path):
    """It would write something, and a student would learn it."""
    from tfkd import students, tasks

    encoder = learn(["a good film", "a bad film"] * 9, kind="bpe", vocab_size=522)
    model = getattr(students, make)(encoder.vocab_size, "tiny", width=8, heads=2)
    spec = saved(model, encoder, tmp_path / make)
    with pytest.raises(UserError, match=told):
        load_teacher(spec, task=tasks.find(task))
