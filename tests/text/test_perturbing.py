"""Typos and negations: what they change, and what they leave."""

import numpy as np
import pytest

from tfkd.text.perturbing import add_typos, negate


def changed(text, share, seed=0):
    return add_typos(text, share, np.random.default_rng(seed))


def test_typos_swap_two_letters_inside_of_longer_words():
    """A text that loses words, line breaks or its first letters is another kind of error."""
    text = "an  unforgettable film,\nwith wonderful people in it"
    found = changed(text, 0.5)
    assert found != text
    assert [len(each) for each in found.split()] == [len(each) for each in text.split()]
    assert found.count("\n") == 1
    assert "an  " in found
    words = [(a, b) for a, b in zip(text.split(), found.split(), strict=True) if a != b]
    assert len(words) == 2  # half of: unforgettable, film, with, wonderful, people, rounded to even
    for old, new in words:
        assert sorted(old) == sorted(new)
        assert old[0] == new[0]
        assert sum(a != b for a, b in zip(old, new, strict=True)) == 2


def test_typos_are_the_same_each_time():
    """A page whose numbers change with every look."""
    text = "many words that could each be changed somewhere in the middle"
    assert changed(text, 0.3, 5) == changed(text, 0.3, 5)
    assert changed(text, 0.3, 5) != changed(text, 0.3, 6)


@pytest.mark.parametrize("text", ["", "a b c", "aaaa", "1234 5678", "!!!!"])
def test_nothing_to_mistype(text):
    """An error for a text of numbers."""
    assert changed(text, 0.5) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is good.", "It is not good."),
        ("It is not good.", "It is good."),
        ("They weren't bad and it was fun", "They were bad and it was not fun"),
        ("I can't say; she cannot, he can", "I can say; she can, he can not"),
        ("WAS it? wasn’t it?", "WAS not it? was it?"),
        ("No verb, this island", "No verb, this island"),
    ],
)
def test_negations(text, expected):
    """`island` negated, or `not not`."""
    assert negate(text) == expected
