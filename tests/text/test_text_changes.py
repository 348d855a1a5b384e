"""Changes of texts: what they touch, what they leave, and specs that cannot be."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.text.perturbing import change_case, drop_words
from tfkd.text.text_changes import CHANGES, change_text, parse_change

TEXT = "an  unforgettable film,\nwith WONDERFUL people in it"


def test_case_keeps_the_letters():
    """Other words, or blanks that get lost."""
    found = change_case(TEXT, 0.5, np.random.default_rng(0))
    assert found != TEXT
    assert found.lower() == TEXT.lower()
    assert sum(a != b for a, b in zip(TEXT.split(), found.split(), strict=True)) == 4


def test_words_are_left_out_and_the_others_stay_in_order():
    """A text in another order, or without any word."""
    words = TEXT.split()
    found = drop_words(TEXT, 0.3, np.random.default_rng(0)).split()
    assert len(found) == len(words) - 2
    assert found == [word for word in words if word in found]
    assert drop_words("film", 1.0, np.random.default_rng(0)) == "film"
    assert len(drop_words(TEXT, 1.0, np.random.default_rng(0)).split()) == 1


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("text", ["", " ", "7 8", "很好看", "a"])
def test_texts_without_anything_to_change(kind, text):
    """An error, or an empty text, far into a training."""
    found = parse_change(f"{kind}:1.0")(text, np.random.default_rng(0))
    assert bool(found.strip()) == bool(text.strip())


def test_changes_follow_each_other():
    """Of two changes one alone."""
    both = [parse_change("drop:0.3"), parse_change("case:1.0")]
    found = change_text(TEXT, both, np.random.default_rng(0))
    assert len(found.split()) == 6
    assert not set(found.split()) & set(TEXT.split())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("typo:0.1", "no change of texts is called 'typo:0.1': write typos, case, drop"),
        ("typos:", "typos:: write the share of the words"),
        ("typos:0", "above 0 and up to 1"),
        ("drop:1.5", "above 0 and up to 1, e.g. drop:0.1"),
        ("case:-0.1", "above 0 and up to 1"),
        ("case:nan", "above 0 and up to 1"),
        ("case:ten", "above 0 and up to 1"),
    ],
)
def test_refused(spec, words):
    """A share that changes nothing, or everything, without a word."""
    with pytest.raises(UserError, match=words):
        parse_change(spec)
