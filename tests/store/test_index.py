"""Rows by key: each example its own row, however many shards were added."""

import numpy as np
import pytest

from tfkd.store.index import RowsByKey


def drawn(count, seed, values=256):
    """Keys of random bytes, zeros at their end included."""
    data = np.random.default_rng(seed).integers(0, values, (count, 16)).astype("u1")
    return np.frombuffer(data.tobytes(), "S16")


@pytest.mark.parametrize("values", [256, 2])
def test_as_a_dict(values):
    """A key at the edge of a shard that gets its neighbour's row."""
    index, expected, row = RowsByKey(), {}, 0
    for seed, count in enumerate((7, 0, 1, 40, 300)):
        keys = drawn(count, seed, values)
        index.add(keys)
        for key in keys.tolist():
            expected.setdefault(key, row)
            row += 1
    assert len(index) == row
    asked = np.concatenate([drawn(40, 3, values), drawn(50, 99, values), drawn(7, 0, values)])
    assert index.find(asked).tolist() == [expected.get(key, -1) for key in asked.tolist()]
    assert (index.find(asked)[:40] >= 0).all()


def test_of_two_rows_with_one_key_the_first_counts():
    """A text that two writers stored: one of them, and the same one in every run."""
    index = RowsByKey()
    index.add(np.array([b"c", b"a", b"c"], "S16"))
    index.add(np.array([b"a", b"b", b"c"], "S16"))
    found = index.find(np.array([b"a", b"b", b"c", b"d", b""], "S16"))
    assert found.tolist() == [1, 4, 0, -1, -1]


def test_nothing_in_it():
    """An empty store that knows the first text it is asked for."""
    index = RowsByKey()
    assert index.find(drawn(3, 0)).tolist() == [-1, -1, -1]
    assert index.find(drawn(0, 0)).tolist() == []
    index.add(drawn(0, 0))
    assert len(index) == 0
