"""`write`: what is read back is what the teacher said, and no example is computed twice."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from filelock import FileLock
from store_toys import ALL, CLASSES, Features, Tokens, features, files, texts, write
from toys import linear, tagger, token_data

from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.progress import log_progress
from tfkd.store import Store
from tfkd.store.example_stream import ExampleStream
from tfkd.text import learn

X, TEXTS = features(100), texts(100)
HALF = {"rtol": 1e-3, "atol": 1e-5}  # float16: 11 bits


def test_the_teacher_s_outputs_come_back(tmp_path, small_shards):
    """Another text's target is a teacher at chance, and nothing says so."""
    store = write(tmp_path, Tokens(), TEXTS, reads=ALL)
    assert store.rows == len(store) == 100
    assert len(store.shards) == 7
    assert store.reads == ALL
    expected, found = Tokens()(TEXTS, ALL), store.targets(TEXTS)
    np.testing.assert_allclose(found["logits"], expected["logits"], **HALF)
    for name in ("hidden_states", "attentions"):
        for one, other in zip(found[name], expected[name], strict=True):
            np.testing.assert_allclose(one, other, **HALF)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_keras_model(tmp_path, dtype):
    """float32 is what was asked for, to the last bit."""
    model = linear(CLASSES)
    found = write(tmp_path, model, X, dtype=dtype).targets(X)["logits"]
    expected = model.predict(X, verbose=0)
    tolerance = HALF if dtype == "float16" else {"rtol": 1e-6, "atol": 1e-6}
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, **tolerance)


def test_token_logits_have_real_lengths(tmp_path):
    """A tagger's targets: 512 positions of 9 classes for a sentence of 20 words."""
    model, (x, _) = tagger(), token_data(30, length=8)
    store = write(tmp_path, model, x)
    real = x["attention_mask"].astype(bool)
    found, expected = store.targets(x)["logits"], model.predict(x, verbose=0)["logits"]
    np.testing.assert_allclose(found[real], expected[real], **HALF)
    assert (found[~real] == 0).all()
    assert store.manifest.outputs["logits"].shape == ("length", 3)


def test_hidden_states_are_stored_without_padding(tmp_path):
    """A hundred texts of five words, padded to 500, on disk."""
    lengths = TEXTS["attention_mask"].sum(1)
    wide = {name: np.pad(each, ((0, 0), (0, 200))) for name, each in TEXTS.items()}
    one = write(tmp_path / "one", Tokens(), TEXTS, reads=ALL)
    other = write(tmp_path / "other", Tokens(), wide, reads=ALL)
    numbers = 4 + (2 * 3 * lengths + 2 * lengths**2)
    expected = int(2 * numbers.sum() + (16 + 4) * 100)
    size = sum(len(data) for name, data in files(one.path).items() if name.startswith("shard"))
    assert expected < size < expected + 1_000
    assert files(one.path) == files(other.path)


def test_a_text_model_and_a_list_of_texts(tmp_path):
    """The texts in the teacher's own words, and in the order of the list."""
    encoder = learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=12)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    x = keras.layers.GlobalMaxPooling1D()(keras.layers.Embedding(60, 4)(ids))
    teacher = TextModel(keras.Model({"input_ids": ids}, keras.layers.Dense(2)(x)), encoder)
    words = ["a film", "good", "a bad bad film", "good good"]
    store = write(tmp_path, teacher, words)
    batch = {"input_ids": np.zeros((4, 12), "int64")}
    for row, each in zip(batch["input_ids"], encoder.encode_many(words), strict=True):
        row[: len(each)] = each
    np.testing.assert_allclose(store.targets(batch)["logits"], teacher.logits(words), **HALF)


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: tf.data.Dataset.from_tensor_slices(X).batch(7),
        lambda: tf.data.Dataset.from_tensor_slices((X, np.arange(100))).batch(32),
        lambda: tf.data.Dataset.from_tensor_slices({"student": X, "teacher": X}).batch(100),
        lambda: lambda: iter(np.split(X, 5)),
    ],
    ids=["tensor", "labels", "student and teacher", "function"],
)
def test_however_it_is_wrapped_and_batched(tmp_path, dataset):
    """Two stores of the same texts that differ by the batch size of a notebook."""
    whole = write(tmp_path / "whole", Features(), X)
    assert files(write(tmp_path / "other", Features(), dataset()).path) == files(whole.path)


def test_a_second_write_does_not_run_the_teacher(tmp_path, small_shards):
    """An hour of a teacher on a CPU, done again at every start of a notebook."""
    write(tmp_path, Features(), X)
    before, teacher = files(tmp_path), Features()
    store = write(tmp_path, teacher, X[::-1])
    assert teacher.rows == 0
    assert store.rows == 100
    assert files(tmp_path) == before


def test_a_slow_teacher_fills_small_shards(tmp_path, monkeypatch):
    """A quarter of an hour of a teacher on a CPU, lost by Ctrl-C: no shard was full yet."""
    whole = write(tmp_path / "whole", Features(), X)
    monkeypatch.setattr("tfkd.store.writing.SHARD_SECONDS", 0)
    slow = write(tmp_path / "slow", Features(), X)
    assert (len(whole.manifest.shards), len(slow.manifest.shards)) == (1, 7)
    np.testing.assert_array_equal(slow.targets(X)["logits"], whole.targets(X)["logits"])


def test_more_data_only_adds_what_is_new(tmp_path, small_shards):
    """Half of the texts computed a second time, or stored a second time."""
    first = write(tmp_path, Features(), X[:60])
    before, teacher = files(tmp_path), Features()
    store = write(tmp_path, teacher, X)
    assert (first.rows, store.rows) == (60, 100)
    assert 40 <= teacher.rows < 40 + 10  # some to look at the teacher with
    after = files(tmp_path)
    assert {
        name: after[name] for name in before if name != "manifest.json"
    }.items() <= before.items()
    np.testing.assert_allclose(store.targets(X)["logits"], Features()(X), **HALF)


def test_equal_examples_are_stored_once(tmp_path, small_shards):
    """The same review twelve times in a crawl, twelve times on disk."""
    teacher = Features()
    store = write(tmp_path, teacher, np.concatenate([X[:20]] * 12))
    assert store.rows == 20
    assert teacher.rows < 30
    np.testing.assert_allclose(store.targets(X[:20])["logits"], Features()(X[:20]), **HALF)


def test_the_second_of_two_writers_is_told(tmp_path):
    """Two jobs of a cluster that write over each other's shards."""
    (tmp_path / "store").mkdir()
    with (
        FileLock(tmp_path / "store" / ".writer-1-of-1.lock"),
        pytest.raises(UserError, match=r"another process is writing to .*store: wait for"),
    ):
        write(tmp_path / "store", Features(), X)
    assert write(tmp_path / "store", Features(), X).rows == 100


def test_the_lock_ends_with_an_error(tmp_path):
    """A store that nobody can go on with after one mistake."""
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            write(tmp_path, lambda x: 1 / 0, X)
    assert write(tmp_path, Features(), X).rows == 100


def test_the_plan_and_the_progress(tmp_path, capsys):
    """A pass of a night that says so after an hour; a bar that ends at 80 %."""
    totals, done = [], []

    @contextlib.contextmanager
    def counted(title, total, unit="texts"):
        totals.append(total)
        with log_progress(title, total, unit):
            yield done.append

    write(tmp_path, Features(), np.concatenate([X, X[:10]]), verbose=1, progress=counted)
    said = capsys.readouterr().out
    assert totals == [110] == [sum(done)]
    assert "110 examples to compute, 24 bytes each, 0.0 MB; about" in said
    assert "teacher's outputs: 110 examples" in said
    write(tmp_path, Features(), X[:5], verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "there is no example to store: the dataset is empty"),
        (X[:0], "there is no example to store: the dataset is empty"),
        ([X[0], X[1]], r"gives single examples: write dataset\.batch\(32\)"),
        (1e5 * np.ones((3, 5), "f4"), "'logits' holds numbers beyond float16: write dtype=\"flo"),
        (np.full((3, 5), np.nan, "f4"), r"NaN or \+inf in 'logits' for 1 of 1 examples"),
    ],
    ids=["nothing", "no rows", "single", "too large", "NaN"],
)
def test_data_that_cannot_be_stored(tmp_path, data, words):
    """Infinite targets, or none, and the student is NaN after one step."""
    with pytest.raises(UserError, match=words) as caught:
        write(tmp_path, Features(), data)
    assert "\n" not in str(caught.value)
    assert files(tmp_path) == {}


def test_padding_in_front(tmp_path):
    """A text cut off from the wrong end."""
    turned = {name: each[:, ::-1] for name, each in TEXTS.items()}
    with pytest.raises(UserError, match=r'padded at their end \(padding_side="right"\)'):
        write(tmp_path, Tokens(), turned)


def test_nan_in_a_later_shard_keeps_those_before(tmp_path, small_shards):
    """One broken text among a million, and all of it is to be done again."""
    data = X.copy()
    data[50] = np.nan
    with pytest.raises(UserError, match="NaN or"):
        write(tmp_path, Features(), data)
    assert len([name for name in files(tmp_path) if name.startswith("shard")]) == 3
    assert write(tmp_path, Features(), np.delete(data, 50, 0)).rows == 99


def test_sources_are_kept(tmp_path):
    """A store that `--repair` cannot make again, because it forgot where its texts are."""
    write(tmp_path, Features(), X[:50], source={"data": "a.csv"})
    store = write(tmp_path, Features(), X, source={"data": "b.csv"})
    assert store.manifest.sources == ({"data": "a.csv"}, {"data": "b.csv"})
    assert Store(tmp_path).manifest.sources == store.manifest.sources


@pytest.mark.parametrize(
    ("dataset", "unit"),
    [
        (np.zeros((5, 28, 28), "uint8"), "examples"),
        (np.zeros((5, 8), "float32"), "examples"),
        ({"pixels": np.zeros((5, 4, 4, 3))}, "examples"),
        ([(np.zeros((5, 8), "float32"), np.zeros(5))], "examples"),
        (np.zeros((5, 8), "int32"), "texts"),
        ({"mask": np.zeros((5, 8)), "input_ids": np.zeros((5, 8), "int32")}, "texts"),
        (["a", "b"], "texts"),
        (lambda: iter(()), "texts"),
    ],
)
def test_what_is_counted(dataset, unit):
    """3,000 images are no texts."""
    assert ExampleStream(dataset).unit == unit
