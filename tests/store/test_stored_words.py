"""Outputs by word: found whatever the padding, trimmed by words and not by tokens."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from store_toys import write

from tfkd import store
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.store.computing import Computer
from tfkd.store.keys import examples_of, key_of
from tfkd.store.manifest import LENGTH, WORDS
from tfkd.text import learn
from tfkd.text.words import NO_CELL

PAD = 0


def sentences(count=30, seed=0, *, tokens=0, words=0) -> dict[str, np.ndarray]:
    """Ids, and where words start: of different lengths, each padded by itself."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        pieces = rng.integers(1, 4, rng.integers(1, 7))
        starts = 1 + np.concatenate([[0], np.cumsum(pieces)[:-1]])
        ids = [1, *(rng.integers(3, 900, pieces.sum())), 2, 3 + number]
        rows.append((ids, starts))
    widths = [
        max([least, *(len(row[i]) for row in rows)]) for i, least in enumerate((tokens, words))
    ]
    batch = {
        "input_ids": np.full((count, widths[0]), PAD, "int32"),
        "word_starts": np.full((count, widths[1]), -1, "int32"),
    }
    for i, (ids, starts) in enumerate(rows):
        batch["input_ids"][i, : len(ids)] = ids
        batch["word_starts"][i, : len(starts)] = starts
    return batch


class Tagger:
    """Logits of 3 tags a word, which see the next token; hidden states of each token."""

    jit = False
    fingerprint = "tagger"

    def __init__(self):
        self.rows, self.widths = 0, set()

    def __call__(self, inputs, reads=("logits",)):
        """The outputs of a padded batch."""
        ids, starts = (np.asarray(inputs[name]) for name in ("input_ids", "word_starts"))
        self.rows += len(ids)
        self.widths.add((ids.shape[1], starts.shape[1]))
        hidden = np.sin(ids[..., None] * [0.3, 0.7]).astype("float32") * (ids != PAD)[..., None]
        following = np.pad(hidden, ((0, 0), (0, 1), (0, 0)))[:, 1:]
        places = np.maximum(starts, 0)[..., None]
        own, after = (np.take_along_axis(each, places, 1) for each in (hidden, following))
        logits = np.concatenate([own, after[..., :1]], -1)
        return {"logits": logits, "hidden_states": hidden}


class Answerer(Tagger):
    """Logits `[2, words]`: every word is a class, and padding is none."""

    fingerprint = "answerer"

    def __call__(self, inputs, reads=("logits",)):
        logits = super().__call__(inputs)["logits"][..., :2].transpose(0, 2, 1)
        return {"logits": np.where(np.asarray(inputs["word_starts"])[:, None] < 0, -3e4, logits)}


def real(batch):
    return batch["word_starts"] >= 0


def test_each_output_is_cut_by_what_it_counts():
    """Tags cut off at the number of tokens, or tokens at the number of words."""
    batch = sentences()
    examples, teacher = examples_of(batch), Tagger()
    made = Computer(teacher, ("logits", "hidden_states"), dict, examples)
    shapes = {name: each.shape for name, each in made.outputs(examples).items()}
    assert shapes == {"logits": (WORDS, 3), "hidden_states": (LENGTH, 2)}
    expected, words = Tagger()(batch), real(batch).sum(1)
    tokens = (batch["input_ids"] != PAD).sum(1)
    teacher.widths = set()
    for i, found in enumerate(made(examples)):
        np.testing.assert_allclose(found["logits"], expected["logits"][i, : words[i]])
        np.testing.assert_allclose(
            found["hidden_states"], expected["hidden_states"][i, : tokens[i]]
        )
    assert all(words == 8 for _, words in teacher.widths)


def test_as_many_words_as_tokens_or_as_classes():
    """Three words of one piece and three tags: axes told apart by their sizes."""
    batch = sentences(9)
    batch["word_starts"] = np.tile([0, 1, 2], (9, 1)).astype("int32")
    batch["input_ids"] = batch["input_ids"][:, :3]
    examples = examples_of(batch)
    made = Computer(Tagger(), ("logits", "hidden_states"), dict, examples)
    assert made.outputs(examples)["logits"].shape == (WORDS, 3)


@pytest.mark.parametrize("masked", [False, True])
def test_padding_is_no_part_of_the_key(tmp_path, masked):
    """The same sentences in batches of another width, stored a second time."""
    narrow, wide = sentences(), sentences(tokens=40, words=21)
    for batch in (narrow, wide):
        if masked:
            batch["attention_mask"] = (batch["input_ids"] != PAD).astype("int32")
    teacher = Tagger()
    written = write(tmp_path, teacher, narrow, dtype="float32")
    before = teacher.rows
    write(tmp_path, teacher, wide, dtype="float32")
    assert teacher.rows == before
    assert written.rows == 30
    found = written.targets(wide)["logits"]
    assert found.shape == (30, 21, 3)
    np.testing.assert_allclose(found, Tagger()(wide)["logits"] * real(wide)[..., None])


def test_other_words_are_another_example():
    """The same ids cut into other words, and outputs of the first ones for both."""
    ids = np.array([1, 7, 8, 2])
    keys = {key_of({"input_ids": ids, "word_starts": np.array(s)}) for s in ([1], [1, 2], [2], [0])}
    assert len(keys) == 4
    padded = {"input_ids": ids, "word_starts": np.array([1, 2, -1, -1])}
    assert key_of(padded) in keys


def test_top_k_of_each_word(tmp_path):
    """Logits of the k best tags of a word."""
    batch = sentences()
    found = write(tmp_path, Tagger(), batch, dtype="float32", top_k=2).targets(batch)["logits"]
    expected = Tagger()(batch)["logits"]
    there = real(batch)
    best = np.sort(expected, -1)[..., 1:]
    np.testing.assert_allclose(np.sort(found, -1)[there][:, 1:], best[there], rtol=1e-5)


def test_words_that_are_classes(tmp_path):
    """Padding read back as the logit 0, which is the best class of many."""
    batch = sentences()
    written = write(tmp_path, Answerer(), batch)
    assert written.manifest.outputs["logits"].shape == (2, WORDS)
    found = written.targets(batch)["logits"]
    there = np.broadcast_to(real(batch)[:, None], found.shape)
    assert (found[~there] == NO_CELL).all()
    np.testing.assert_allclose(found[there], Answerer()(batch)["logits"][there], atol=1e-2)
    with pytest.raises(UserError, match="positions of each text: leave top_k out"):
        write(tmp_path / "k", Answerer(), batch, top_k=1)


def test_a_tagger_of_one_length(tmp_path):
    """A model of exactly 24 tokens, whose answers are cut by words all the same."""

    class Fixed(Tagger):
        def __call__(self, inputs, reads=("logits",)):
            assert inputs["input_ids"].shape[1] == 24
            return super().__call__(inputs)

    batch = sentences(tokens=24)
    written = write(tmp_path, Fixed(), batch, dtype="float32")
    assert written.manifest.outputs["logits"].shape == (WORDS, 3)
    expected = Tagger()(batch)["logits"] * real(batch)[..., None]
    np.testing.assert_allclose(written.targets(batch)["logits"], expected)


def test_rows_each_in_its_own_length(tmp_path):
    """Windows are joined by word, and padding among them is a word too many."""
    batch = sentences()
    written = write(tmp_path, Tagger(), batch, dtype="float32")
    rows, expected = written.rows_of(batch)[[4, 1, 7]], Tagger()(batch)["logits"]
    for i, found in zip((4, 1, 7), written.each(rows), strict=True):
        np.testing.assert_allclose(found["logits"], expected[i][real(batch)[i]])


@pytest.mark.parametrize("near", [0, 64 << 20])
def test_near_and_far_are_read_alike(tmp_path, monkeypatch, near):
    """What is held in memory, and what is read row by row."""
    monkeypatch.setattr("tfkd.store.reading.NEAR", near)
    monkeypatch.setattr("tfkd.store.writing.SHARD_BYTES", 800)
    batch = sentences(80)
    written = write(tmp_path, Tagger(), batch, dtype="float32")
    assert len(written.shards) > 2
    found = written.targets(batch)["logits"]
    np.testing.assert_allclose(found, Tagger()(batch)["logits"] * real(batch)[..., None])
    assert written.take(np.zeros(0, int))["logits"].shape == (0, 0, 3)


def test_a_store_as_a_teacher_and_missing_sentences(tmp_path):
    """Looked up inside a graph, and computed where the store lacks some."""
    batch = sentences()
    half = {name: array[:15] for name, array in batch.items()}
    write(tmp_path, Tagger(), half, dtype="float32")
    stored = store.StoredTeacher(tmp_path, teacher=Tagger(), missing="compute")
    found = tf.function(stored)(dict(batch))["logits"].numpy()
    np.testing.assert_allclose(found, Tagger()(batch)["logits"] * real(batch)[..., None], rtol=1e-5)
    data = tf.data.Dataset.from_tensor_slices((half, np.where(real(half), 0, -100))).batch(4)
    (x, _), *_ = store.join(tmp_path, data).as_numpy_iterator()
    assert x["targets"]["logits"].shape[:2] == x["student"]["word_starts"].shape


@pytest.fixture(scope="module")
def encoder():
    return learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=24)


def of_tokens(length=None):
    """A model that answers for each token."""
    keras.utils.set_random_seed(2)
    ids = keras.Input((length,), dtype="int32", name="input_ids")
    hidden = keras.layers.Conv1D(64, 3, padding="same")(keras.layers.Embedding(60, 32)(ids))
    return keras.Model({"input_ids": ids}, {"logits": keras.layers.Dense(3)(hidden)})


@pytest.mark.parametrize("length", [None, 24])
def test_a_tagger_in_int8(tmp_path, encoder, length):
    """Outputs of tokens that are stored for words, whose number is another."""
    batch = sentences(tokens=24)
    batch["input_ids"] %= 60
    shapes = {"logits": (None, 3)}
    teacher = TextModel(of_tokens(length), encoder, ("a", "b", "c"), shapes=shapes)
    expected = write(tmp_path / "exact", teacher, batch, dtype="float32")
    assert expected.manifest.outputs["logits"].shape == (WORDS, 3)
    found = write(tmp_path / "int8", teacher, batch, dtype="float32", precision="int8")
    one, other = (each.targets(batch)["logits"] for each in (expected, found))
    live = teacher.outputs(batch, ("logits",))["logits"].numpy()
    np.testing.assert_allclose(one[real(batch)], live[real(batch)], atol=1e-5)
    assert 0 < np.abs(one - other).max() < 0.05 * np.abs(one).max()


@pytest.mark.parametrize("length", [None, 24])
def test_a_tagger_in_onnx_runtime(tmp_path, encoder, length):
    """Other numbers than those of TensorFlow, or outputs of another length."""
    pytest.importorskip("tf2onnx", reason="needs tf2onnx, in the extra onnx")
    batch = sentences(tokens=24)
    batch["input_ids"] %= 60
    teacher = TextModel(of_tokens(length), encoder, ("a", "b", "c"), shapes={"logits": (None, 3)})
    one, other = (
        write(tmp_path / name, teacher, batch, dtype="float32", precision=name)
        for name in ("float32", "onnx")
    )
    assert other.manifest.outputs == one.manifest.outputs
    one, other = (each.targets(batch)["logits"] for each in (one, other))
    np.testing.assert_allclose(other, one, atol=1e-5)
