"""Fixtures for the tests of the store."""

import pytest


@pytest.fixture
def small_shards(monkeypatch):
    """16 examples a shard, and one example to look at the teacher with."""
    monkeypatch.setattr("tfkd.store.writing.SHARD_ROWS", 16)
    monkeypatch.setattr("tfkd.store.writing.SAMPLE", 1)


@pytest.fixture
def stored(tmp_path):
    """A store of all of `X` of `join_toys` in float16."""
    from join_toys import TEACHER, X
    from store_toys import write

    write(tmp_path, TEACHER, X)
    return tmp_path
