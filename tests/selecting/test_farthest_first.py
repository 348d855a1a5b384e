"""Choices among many texts are those of the plain greedy method."""

import numpy as np
import pytest

from tfkd.selecting import farthest_first
from tfkd.selecting.farthest_first import Spread, spread_out
from tfkd.selecting.hashed_words import HashedWords, scaled


def plain(vectors, open_, count, first):
    """Compare everything after each choice."""
    chosen, cosine = [first], vectors @ vectors[first]
    while len(chosen) < count:
        free = np.where(open_, cosine, 9.0)
        free[chosen] = 9.0
        chosen.append(int(free.argmin()))
        cosine = np.maximum(cosine, vectors @ vectors[chosen[-1]])
    return chosen


def spread_of(vectors, open_, count, seed=0, near=1.1):
    spread = Spread.of(vectors, open_)
    spread_out(spread, count, near=near, rng=np.random.default_rng(seed), advance=lambda done: None)
    return spread


@pytest.mark.parametrize("pool", [8, 64, 10_000])
def test_the_choices_are_those_of_the_plain_method(monkeypatch, pool):
    """A pool that is too small would otherwise choose others."""
    monkeypatch.setattr(farthest_first, "POOL", pool)
    monkeypatch.setattr(farthest_first, "BLOCK", 100)
    draw = np.random.default_rng(1)
    vectors = scaled(draw.normal(size=(700, 12)))
    open_ = draw.random(700) < 0.8
    spread = spread_of(vectors, open_, 60)
    assert spread.chosen == plain(vectors, open_, 60, spread.chosen[0])
    cosines = vectors @ vectors[spread.chosen].T
    np.testing.assert_array_equal(spread.owner, cosines.argmax(axis=1))
    np.testing.assert_allclose(spread.cosine, cosines.max(axis=1), atol=1e-6)


def test_ties_are_counted_and_the_first_one_is_taken():
    vectors = np.repeat(np.eye(4, dtype="float32"), 3, axis=0)
    spread = spread_of(vectors, np.ones(12, bool), 4, near=0.99)
    assert [place % 3 for place in spread.chosen[1:]] == [0, 0, 0]
    assert spread.ties == 3
    assert spread_of(vectors, np.ones(12, bool), 9, near=0.99).chosen == spread.chosen


def test_known_texts_count_as_chosen():
    vectors = np.eye(5, dtype="float32")
    spread = Spread.of(vectors, np.array([False, True, True, False, False]))
    spread.add_known(np.array([0, 1]))
    spread_out(spread, 1, near=0.99, rng=np.random.default_rng(0), advance=lambda done: None)
    assert spread.chosen == [2]
    assert spread.owner.tolist() == [-1, -1, 0, -1, -1] or spread.owner[2] == 0


def test_words_that_are_rare_count_more():
    texts = ["the cat sat", "the dog sat", "the cat ran", "the owl sat"] * 5
    words = HashedWords(texts)
    vectors, keys = words.vectors(["the cat sat", "the cat flew", "the wolf sat", "sat cat the"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert len(set(keys.tolist())) == 4
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_texts_without_words_and_without_blanks():
    words = HashedWords(["😀 😀", "这部电影很好", "这部电影很差", "!?"])
    vectors, keys = words.vectors(["😀 😀", "这部电影很好", "这部电影很差", "!?"])
    assert np.isfinite(vectors).all()
    assert len(set(keys.tolist())) == 4
    assert 0.3 < vectors[1] @ vectors[2] < 0.9
