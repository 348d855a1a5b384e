"""Batches: each text once a pass, in an order that only seed and step decide."""

import numpy as np
import pytest

from tfkd.data import Example, ExampleReader
from tfkd.data.encoded_writer import encode
from tfkd.data.feeding import Feed
from tfkd.errors import UserError
from tfkd.text.batching import MULTIPLE, bucket_by_length

COUNT = 203


class Repeated:
    """The text `i` is the id `i + 1`, as often as its length says."""

    vocab_size = 1_000

    def encode_many(self, texts):
        return [[int(text) + 1] * (1 + int(text) * 37 % 90) for text in texts]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Text `i` with the label `i`, so that a batch tells which texts it holds."""
    folder = tmp_path_factory.mktemp("encoded") / "set"
    return encode(
        (Example(text=str(i), label=i) for i in range(COUNT)), ExampleReader(), Repeated(), folder
    )


def rows_of(feed, *epochs):
    return [rows.tolist() for epoch in epochs for rows in feed.rows(epoch)]


def flat(batches):
    return sorted(row for rows in batches for row in rows)


@pytest.mark.parametrize("batch_size", [1, 7, 16, 203, 500])
def test_a_pass_covers_each_text_once(encoded, batch_size):
    """Texts left out are never learnt; texts twice weigh double."""
    feed = Feed(encoded, batch_size, seed=3)
    for epoch in (0, 1):
        batches = rows_of(feed, epoch)
        assert flat(batches) == list(range(COUNT))
        assert max(map(len, batches)) <= batch_size
        assert len(batches) == feed.steps == -(-COUNT // batch_size)


def test_the_order_is_a_function_of_seed_and_epoch(encoded):
    """A resumed run goes on with the batches that it would have had."""
    one, other = Feed(encoded, 8, seed=3), Feed(encoded, 8, seed=4)
    assert rows_of(one, 2) == rows_of(Feed(encoded, 8, seed=3), 2)
    assert rows_of(one, 2) != rows_of(one, 1)
    assert rows_of(one, 2) != rows_of(other, 2)


def test_epochs_that_are_no_whole_pass_go_on_where_the_last_one_ended(encoded):
    """Starting over in each epoch would never show the texts at the end of the order."""
    whole = Feed(encoded, 8, seed=3)
    short = Feed(encoded, 8, seed=3, steps=10)
    epochs = -(-2 * whole.per_pass // 10)
    assert rows_of(short, *range(epochs))[: 2 * whole.per_pass] == rows_of(whole, 0, 1)
    long = Feed(encoded, 8, seed=3, steps=2 * whole.per_pass)
    assert rows_of(long, 0) == rows_of(whole, 0, 1)


def test_only_some_texts(encoded):
    """The unlabelled texts must not reach the student that is trained alone."""
    only = np.arange(0, COUNT, 3)
    feed = Feed(encoded, 8, seed=0, only=only)
    assert flat(rows_of(feed, 0)) == only.tolist()
    steps = Feed(encoded, 8, seed=0, only=only.tolist(), steps=40)
    assert set(flat(rows_of(steps, 0))) == set(only.tolist())


def test_no_text_at_all(encoded):
    """Steps to take and nothing to take them on: said, not a division by zero."""
    with pytest.raises(UserError, match="none of the texts has a label"):
        Feed(encoded, 8, seed=0, only=np.array([], int), steps=5)
    assert rows_of(Feed(encoded, 8, seed=0, only=np.array([], int)), 0) == []


def test_targets_of_other_texts_are_refused(encoded):
    """A target taken by position belongs to another text when the texts were others."""
    with pytest.raises(UserError, match=f"10 targets for {COUNT} texts"):
        Feed(encoded, 8, seed=0, targets=np.zeros((10, 2), "float32"))


def padding(lengths, batches) -> int:
    return sum(int(lengths[rows].max() * len(rows) - lengths[rows].sum()) for rows in batches)


def test_batches_hold_texts_of_similar_length():
    """Random batches spend most of their time on padding."""
    lengths = np.random.default_rng(0).integers(1, 300, 2_000)
    order = np.random.default_rng(1).permutation(2_000)
    random = [order[i : i + 16] for i in range(0, 2_000, 16)]
    assert padding(lengths, bucket_by_length(lengths, 16, 0)) < 0.2 * padding(lengths, random)


def test_the_batches_are_not_sorted_by_length():
    """From short to long in every pass, the last steps of an epoch would see long texts only."""
    lengths = np.arange(16 * 16)  # one window
    means = [lengths[rows].mean() for rows in bucket_by_length(lengths, 16, 0)]
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.5


def test_labels_and_targets_belong_to_their_texts(encoded):
    """Another text's target is a teacher at chance, and nothing says so."""
    targets = np.stack([np.arange(COUNT), -np.arange(COUNT)], axis=1).astype("float16")
    feed = Feed(encoded, 8, seed=5, targets=targets)
    for inputs, labels in feed.batches():
        ids, logits = inputs["student"], inputs["targets"]["logits"]
        assert (ids[:, 0] == labels + 1).all()
        assert ((ids > 0).sum(axis=1) == encoded.lengths[labels]).all()
        assert (logits[:, 0] == labels).all()
        assert (logits[:, 1] == -labels).all()
        assert logits.dtype == "float32"
        assert ids.shape[1] % MULTIPLE == 0


def test_the_dataset_is_the_same_batches(encoded):
    """`fit` reads the dataset; its cardinality is what the progress bar counts on."""
    pytest.importorskip("tensorflow")
    targets = np.arange(2 * COUNT, dtype="float32").reshape(COUNT, 2)
    feed = Feed(encoded, 16, seed=5, steps=9, targets=targets)
    dataset = feed.dataset()
    assert int(dataset.cardinality()) == 9
    for epoch in (0, 2):
        feed.epoch = epoch
        expected, found = list(feed.batches()), list(dataset.as_numpy_iterator())
        assert len(found) == 9
        for (x, y), (inputs, labels) in zip(found, expected, strict=True):
            np.testing.assert_array_equal(x["student"], inputs["student"])
            np.testing.assert_array_equal(x["targets"]["logits"], inputs["targets"]["logits"])
            np.testing.assert_array_equal(y, labels)


def recorder(seen: list):
    """A model that notes the labels of each batch it trains on."""
    import keras
    import tensorflow as tf

    class Recorder(keras.Model):
        def train_step(self, data):
            tf.py_function(lambda labels: seen.append(labels.numpy().tolist()), [data[1]], [])
            return {"loss": tf.constant(0.0)}

    model = Recorder()
    model.compile(jit_compile=False)
    model.built = True
    return model


def trained_on(feed, **fit) -> list:
    seen: list = []
    recorder(seen).fit(feed.dataset(), verbose=0, shuffle=False, callbacks=[feed.follow()], **fit)
    return seen


def test_fit_reads_the_epoch_that_is_on(encoded):
    """Without `follow` each epoch would be the first one again, in the same order."""
    pytest.importorskip("keras")
    feed = Feed(encoded, 32, seed=5, steps=5)
    expected = rows_of(feed, 0, 1, 2)
    assert trained_on(feed, epochs=3) == expected
    resumed = Feed(encoded, 32, seed=5, steps=5)
    assert trained_on(resumed, epochs=3, initial_epoch=2) == expected[10:]


class Pairs(ExampleReader):
    """Every third text alone, all others with another one, which is the next id."""

    keeps_rows_together = True

    def encode(self, examples, encoder, schema):
        rows = []
        for example in examples:
            number = int(example.text)
            texts = [str(2 * number), str(2 * number + 1)][: 1 + (number % 3 > 0)]
            ids = encoder.encode_many(texts)
            rows.append([{"input_ids": each, "labels": number} for each in ids])
        return rows


@pytest.fixture(scope="module")
def paired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paired") / "set"
    examples = (Example(text=str(i), label=i) for i in range(COUNT))
    return encode(examples, Pairs(), Repeated(), folder)


@pytest.mark.parametrize("epoch", [0, 1])
def test_rows_of_an_example_stay_together(paired, epoch):
    """A loss that compares a text with whichever stands beside it trains without a word."""
    feed = Feed(paired, 8, seed=3)
    batches = rows_of(feed, epoch)
    assert flat(batches) == list(range(len(paired)))
    for rows in batches:
        labels = paired.labels_of(np.array(rows))
        assert len(set(labels)) <= 8
        for example in set(labels):
            (places,) = np.nonzero(labels == example)
            of_example = paired.rows_of(int(example))
            assert [rows[place] for place in places] == list(of_example)
            assert np.diff(places).tolist() == [1] * (len(of_example) - 1)
    assert batches == rows_of(Feed(paired, 8, seed=3), epoch)


def test_replicas_get_whole_examples(paired):
    feed = Feed(paired, 8, seed=3)
    shares = feed._shares(range(2), 2)
    for rows in feed.rows(0):
        halves = [next(shares)[1].tolist() for _ in range(2)]
        assert [*halves[0], *halves[1]] == paired.labels_of(rows).tolist()
        assert not set(halves[0]) & set(halves[1])


def test_some_rows_stand_for_their_examples(paired):
    """With few labels, a pair whose score is known comes with both of its texts."""
    known = np.array(list(paired.rows_of(4)) + list(paired.rows_of(6)) + list(paired.rows_of(8)))
    feed = Feed(paired, 2, seed=0, only=known)
    assert flat(rows_of(feed, 0)) == known.tolist()
    assert feed.per_pass == 2


def test_its_datasets_end_without_waiting(encoded):
    """The thread of an autotuner, up to a minute asleep when an epoch ends."""
    feed = Feed(encoded, 8, seed=3)
    assert feed.dataset().options().autotune.enabled is False
    assert int(feed.dataset().cardinality()) == feed.steps
