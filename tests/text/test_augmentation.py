"""New texts by Tang's rules: as many, as changed, and as repeatable as was asked for."""

import subprocess
import sys

import pytest

from tfkd.errors import UserError
from tfkd.text.augmentation import Augmentation, count_words

TEXT = "one two three four five six seven eight nine ten"
WORDS = {"often": 9, "seldom": 1}


def test_the_same_in_every_process():
    """A store that finds none of the texts that it was written for."""
    code = (
        "from tfkd.text.augmentation import Augmentation;"
        f"print(*Augmentation(5, words={WORDS}, seed=3).augment({TEXT!r}), sep='|')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip().split("|") == Augmentation(5, words=WORDS, seed=3).augment(TEXT)


def test_of_the_text_and_the_seed_alone():
    """Another order of the texts, and all of them are others."""
    rules = Augmentation(4, words=WORDS)
    texts = [TEXT, "a b c d e f", "", "x"]
    assert list(rules(texts)) == [new for text in texts for new in rules.augment(text)]
    assert rules.augment(TEXT) != Augmentation(4, words=WORDS, seed=1).augment(TEXT)
    assert rules.augment("") == []


def test_how_often():
    """Probabilities that are not those that were asked for."""
    rules = Augmentation(4_000, mask=0.3, replace=0.2, ngram=0.0, words=WORDS)
    made = [each.split() for each in rules.augment(TEXT)]
    assert all(len(each) == 10 for each in made)
    # Copies that came out twice are left out, so the shares are a little higher.
    flat = [word for each in made for word in each]
    assert flat.count("[MASK]") / len(flat) == pytest.approx(0.3, abs=0.03)
    assert flat.count("often") / len(flat) == pytest.approx(0.18, abs=0.03)
    assert flat.count("seldom") / len(flat) == pytest.approx(0.02, abs=0.01)


def test_pieces_of_the_text():
    """Runs of words that do not stand in it."""
    rules = Augmentation(300, mask=0.0, replace=0.0, ngram=1.0)
    made = rules.augment(TEXT)
    assert {len(each.split()) for each in made} == {1, 2, 3, 4, 5}
    assert all(f" {each} " in f" {TEXT} " for each in made)
    assert len(made) == len(set(made)) <= 10 + 9 + 8 + 7 + 6
    assert Augmentation(9, ngram=1.0, mask=0.0, replace=0.0).augment("one") == []  # as it went in


def test_nothing_to_replace_with():
    """An empty vocabulary."""
    assert Augmentation(3, mask=0.0, replace=1.0, ngram=0.0).augment(TEXT) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mask": 1.5}, r"Augmentation\(mask=1\.5\): write a probability"),
        ({"ngram": float("nan")}, "write a probability"),
        ({"mask": 0.6, "replace": 0.6}, "together at most 1"),
        ({"copies": -1}, "write 0 or more"),
    ],
)
def test_impossible_settings(settings, words):
    """A typing error that makes 75,000 texts of masks."""
    with pytest.raises(UserError, match=words):
        Augmentation(**settings)


def test_counts():
    """Words by how often they occur, the frequent ones only."""
    assert count_words(["b a", "a c a"], most=2) == {"a": 3, "b": 1}
