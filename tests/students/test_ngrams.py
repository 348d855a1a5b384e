"""The n-gram hash: the same rows on every device, and none of them shared without need."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd.students._ngrams import ngram_rows, sum_of_vectors


def reference(pieces, buckets: int) -> int:
    """In plain Python, whose integers never overflow."""
    row = int(pieces[0])
    for piece in pieces[1:]:
        row = (row % 65_521) * 32_749 + int(piece)
        assert row < 2**31
    return row % buckets + 1


def rows_of(ids, order, buckets):
    return np.array(ngram_rows(keras.ops.convert_to_tensor(ids, "int32"), order, buckets))


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("buckets", [101, 500_009, 1_000_003])
def test_equals_plain_python_up_to_the_greatest_id(order, buckets):
    """Where int32 overflows, devices differ: right on one, wrong on the next."""
    rng = np.random.default_rng(order)
    ids = rng.integers(1, 2**16, (20, 9))
    ids[0] = 2**16 - 1
    ids[1], ids[2, ::2] = 65_520, 65_520  # the greatest that the fold leaves
    found = rows_of(ids, order, buckets)
    for text, rows in zip(ids, found, strict=True):
        for at in range(9):
            pieces = text[at : at + order]
            assert rows[at] == (reference(pieces, buckets) if len(pieces) == order else 0)
    assert found.max() <= buckets


@pytest.mark.parametrize("order", [2, 3])
def test_no_ngram_reaches_into_the_padding(order):
    """One row for `word + padding` would be learnt from every short text."""
    found = rows_of([[7, 8, 9, 4, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0], [0] * 7], order, 1_000)
    assert (found[0] > 0).tolist() == [True] * (5 - order) + [False] * (2 + order)
    assert not found[1:].any()


@pytest.mark.parametrize("length", [1, 2])
def test_texts_shorter_than_the_order(length):
    assert not rows_of(np.ones((2, length)), 3, 1_000).any()


def test_pairs_spread_as_if_at_random():
    """Pairs that share a row share their meaning: no more of them than chance demands."""
    first, second = np.meshgrid(np.arange(1, 301), np.arange(1_000, 1_300))
    pairs = np.stack([first.ravel(), second.ravel()], axis=1)
    used = len(np.unique(rows_of(pairs, 2, 100_003)[:, 0]))
    at_random = 100_003 * (1 - np.exp(-len(pairs) / 100_003))
    assert used > 0.95 * at_random
    turned = rows_of(pairs[:, ::-1], 2, 100_003)
    assert (turned[:, 0] != rows_of(pairs, 2, 100_003)[:, 0]).mean() > 0.999


def test_the_sum_leaves_out_what_is_not_there():
    """Row 0 is every missing place: counted in, long padding would drown the text."""
    rows = keras.Input((None,), dtype="int32")
    model = keras.Model(rows, sum_of_vectors(rows, "table", size=4, width=2))
    model.set_weights([np.array([[9, 9], [1, 2], [10, 20], [100, 200]], "float32")])
    found = np.array(model(np.array([[1, 3, 3, 0, 0], [0, 0, 0, 0, 0]], "int32")))
    assert found.tolist() == [[201, 402], [0, 0]]
