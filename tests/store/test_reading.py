"""Reading a store: every example its own outputs, in any order, batch and company."""

from contextlib import ExitStack

import numpy as np
import pytest
import tensorflow as tf
from store_toys import ALL, Tokens, features, rows_of, texts, write

from tfkd.errors import UserError
from tfkd.store import Store
from tfkd.store import reading as module

COUNT = 100
TEXTS, X = texts(COUNT), features(COUNT)
HALF = {"rtol": 1e-3, "atol": 1e-5}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A store of seven shards."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfkd.store.writing.SHARD_ROWS", 16)
        write(folder, Tokens(), TEXTS, reads=ALL)
    return folder


def flat(outputs) -> list[np.ndarray]:
    return tf.nest.flatten({name: outputs[name] for name in ALL})


def assert_same(found, expected):
    for one, other in zip(flat(found), flat(expected), strict=True):
        np.testing.assert_allclose(one, other, **HALF)


@pytest.mark.parametrize("near", [0, 64 << 20])
@pytest.mark.parametrize("size", [1, 7, 32, COUNT])
def test_any_order_any_batch_every_epoch(path, size, near, monkeypatch):
    """Targets that are right in the first epoch and another text's in the second."""
    monkeypatch.setattr(module, "NEAR", near)  # in memory, or from the shards
    store, rng = Store(path), np.random.default_rng(size)
    for _ in range(2):
        order = rng.permutation(COUNT)[: COUNT // 2 if size == 1 else COUNT]
        for start in range(0, len(order), size):
            batch = rows_of(TEXTS, order[start : start + size])
            assert_same(store.targets(batch), Tokens()(batch, ALL))


def test_padding_of_the_batch_comes_back(path):
    """Hidden states shorter than the batch that they are compared with, or longer."""
    store, short = Store(path), TEXTS["attention_mask"].sum(1).argsort()[:5]
    batch = rows_of(TEXTS, short)
    for width in (batch["attention_mask"].sum(1).max(), 9, 30):
        made = {n: np.pad(e, ((0, 0), (0, 30)))[:, :width] for n, e in batch.items()}
        found = store.targets(made)
        assert found["hidden_states"][0].shape == (5, width, 3)
        assert found["attentions"][0].shape == (5, 2, width, width)
        assert_same(found, Tokens()(made, ALL))
    rows = store.rows_of([batch])
    assert store.take(rows)["hidden_states"][1].shape[1] == batch["attention_mask"].sum(1).max()
    assert store.take(rows[:0])["hidden_states"][1].shape == (0, 0, 3)


def test_the_rows_of_a_dataset(path):
    """The order of the dataset, and -1 for what is not there, not the row of something else."""
    store, order = Store(path), np.random.default_rng(0).permutation(COUNT)
    dataset = tf.data.Dataset.from_tensor_slices(rows_of(TEXTS, order)).batch(32)
    rows = store.find(dataset)
    np.testing.assert_array_equal(rows, store.find(TEXTS)[order])
    assert sorted(rows) == list(range(COUNT))
    other = {**TEXTS, "input_ids": TEXTS["input_ids"] + TEXTS["attention_mask"] * 1_000}
    assert (store.find(other) == -1).all()
    assert store.find([]).shape == (0,)


def test_what_is_missing_is_counted(path):
    """A student of rows of zeros where the store has no word of the teacher's."""
    other = rows_of(TEXTS, range(10))
    other["input_ids"] = other["input_ids"].copy()
    other["input_ids"][[2, 5, 7], 0] += 500
    words = r"lacks 3 of 10 examples: write them with the same teacher.*augmented"
    with pytest.raises(UserError, match=words):
        Store(path).targets(other)
    with pytest.raises(UserError, match="lacks 3 of 110 examples"):
        Store(path).rows_of([TEXTS, other])


def test_names_of_the_ids_do_not_matter(path):
    """A store of Hugging Face's names for a student of Keras's."""
    ids, lengths = TEXTS["input_ids"], TEXTS["attention_mask"].sum(1)
    store = Store(path)
    expected = store.find(TEXTS)
    for batch in (
        ids,
        ids.astype("int64"),
        tf.constant(ids),
        {"token_ids": ids, "padding_mask": TEXTS["attention_mask"].astype(bool)},
        {"input_word_ids": np.where(TEXTS["attention_mask"], ids, 1), "input_mask": ids != 0},
    ):
        np.testing.assert_array_equal(store.rows_of([batch]), expected)
    assert (lengths < 9).any()


def test_logits_of_rows_are_float32(path):
    """Softmax in half precision."""
    store = Store(path)
    rows = store.find(TEXTS)[::-1]
    found = store.logits(rows)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, Tokens()(TEXTS)["logits"][::-1], **HALF)


def test_inputs_in_a_pair(tmp_path):
    """The second input of a pair taken for the labels: nothing is found."""

    def teacher(inputs):
        return np.asarray(inputs[0]) * np.asarray(inputs[1])

    data = tf.data.Dataset.from_tensor_slices(((X, X**2), np.arange(COUNT))).batch(30)
    store = write(tmp_path, teacher, data)
    for pair in ((X, X**2), [X, X**2]):
        np.testing.assert_allclose(store.targets(pair)["logits"], X**3, rtol=1e-3, atol=1e-4)


def test_a_damaged_shard_is_found_when_it_is_read(path, tmp_path):
    """A target of one bit more, trained on."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for each in path.glob("*.*"):
        (folder / each.name).write_bytes(each.read_bytes())
    shard = folder / "shard-00003.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1] + b"\x07")
    with pytest.raises(UserError, match=r"shard-00003\.safetensors has another checksum"):
        Store(folder).targets(TEXTS)


@pytest.mark.parametrize("near", [0, 64 << 20])
def test_more_shards_than_files_that_may_be_open(tmp_path, small_shards, monkeypatch, near):
    """Hidden states of a large data set: "Too many open files" in the middle of an epoch."""
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(module, "NEAR", near)
    monkeypatch.setattr(module, "OPEN", 4)
    many = texts(400)
    write(tmp_path, Tokens(), many, reads=ALL)
    store, order = Store(tmp_path), np.random.default_rng(0).permutation(400)
    assert len(store.shards) == 25
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        free = [stack.enter_context(open(tmp_path / "manifest.json")) for _ in range(12)]
        limit = max(each.fileno() for each in free) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))  # 12 more files, and no 13th
    try:
        for start in range(0, 400, 50):
            batch = rows_of(many, order[start : start + 50])
            assert_same(store.targets(batch), Tokens()(batch, ALL))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
