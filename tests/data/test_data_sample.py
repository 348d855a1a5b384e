"""The built-in reviews: the labels are right by rule, and words alone do not give them."""

import re
from collections import Counter

import numpy as np
import pytest

from tfkd.data import IGNORE, open_data
from tfkd.data.grammar import BAD, GOOD
from tfkd.data.sample import EIGHTHS, review
from tfkd.errors import UserError

WRITER = re.compile(r"(i|we|my wife and i) (.+) the (\w+), and (.+)$")
DENIALS = re.compile(r"^(not|never|hardly|far from|anything but|by no means) ")
SPLITS = ("train", "validation", "test", "unlabelled")


@pytest.fixture(scope="module")
def data():
    return open_data("sample", size=4000)


@pytest.fixture(scope="module")
def splits(data):
    return {split: list(data.read(split)) for split in SPLITS}


def words(text):
    return re.findall(r"[a-z]+", text.lower().replace("<br />", " "))


def by_rule(text):
    """What a careful reader says: the writer's own clause, its last word, its denial."""
    sentences = re.split(r"\.\s*|<br />", text.lower())
    (clause,) = [m.group(4) for m in map(WRITER.match, map(str.strip, sentences)) if m]
    last = clause.partition(" found it ")[2]
    return int((last.split()[-1] in GOOD) != bool(DENIALS.match(last)))


def test_labels_follow_from_the_grammar(splits):
    """A noisy label would put a ceiling under every figure."""
    for split in SPLITS[:3]:
        assert [by_rule(e.text) for e in splits[split]] == [e.label for e in splits[split]]
    assert {e.label for e in splits["unlabelled"]} == {IGNORE}


def test_bag_of_words_does_not_solve_it(splits):
    """Where counting words were enough, distilling a reader of sentences would show nothing."""
    assert 0.6 < ridge_regression(splits["train"], splits["test"]) < 0.75


def ridge_regression(train, test, penalty=1.0):
    """The accuracy of a linear classifier of word counts, solved in one step."""
    index = {w: i for i, w in enumerate(sorted({w for e in train for w in words(e.text)}))}

    def matrix(examples):
        rows = np.zeros((len(examples), len(index) + 1), "float32")
        rows[:, -1] = 1
        for row, example in zip(rows, examples, strict=True):
            for word, n in Counter(words(example.text)).items():
                if word in index:
                    row[index[word]] = n
        return rows, np.array([2 * e.label - 1 for e in examples], "float32")

    (x, y), (x_test, y_test) = matrix(train), matrix(test)
    w = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return ((x_test @ w > 0) == (y_test > 0)).mean()


def test_sizes_and_balance(data, splits):
    """Half of the reviews are positive in every split."""
    assert data.synthetic
    assert data.describe()["synthetic"] is True
    assert data.counts == {"train": 4000, "validation": 500, "test": 1000, "unlabelled": 4000}
    for split in SPLITS[:3]:
        assert np.mean([e.label for e in splits[split]]) == 0.5


def test_no_text_occurs_in_two_splits(splits):
    """A test text seen in training, labelled or not, measures memory."""
    text = {split: {e.text.lower() for e in splits[split]} for split in SPLITS}
    assert not text["test"] & (text["train"] | text["unlabelled"] | text["validation"])
    assert not text["validation"] & (text["train"] | text["unlabelled"])
    assert len(text["train"]) > 0.95 * 4000
    # Chance alone might keep them apart; this does so at any size.
    scored = set(EIGHTHS["test"] + EIGHTHS["validation"])
    assert not scored & set(EIGHTHS["train"] + EIGHTHS["unlabelled"])
    assert not set(EIGHTHS["test"]) & set(EIGHTHS["validation"])


def test_plain_texts(splits):
    """Short, of few words, with line breaks and both cases now and then."""
    texts = [e.text for e in splits["train"]]
    lengths = [len(words(text)) for text in texts]
    assert min(lengths) >= 10
    assert max(lengths) <= 40
    assert len({w for text in texts for w in words(text)}) < 400
    assert any("<br />" in text for text in texts)
    assert any(text.isupper() for text in texts)
    assert any(text.islower() for text in texts)
    assert not any(re.search(r"\ba [aeiou]|\ban [^aeiou]", text.lower()) for text in texts)


def test_a_review_depends_on_its_place_only(splits):
    """A larger sample begins with the smaller, and a seed makes another."""
    few = list(open_data("sample:100").read("train"))
    assert few == splits["train"][:100]
    assert few != list(open_data("sample:100", seed=1).read("train"))
    assert review(0, "train", 7) == tuple(splits["train"][7].values())


def test_the_same_on_every_machine():
    """Figures in the documentation rest on these very texts."""
    expected = (
        "I wanted the cast, and I found it inventive. "
        "Our neighbours wanted the story, and they found it messy."
    )
    assert review(0, "test", 3) == (expected, 1)


def test_words_are_of_one_side():
    """An adjective on both lists would have no meaning."""
    assert not set(GOOD) & set(BAD)


def test_too_small():
    """With no test text there is no score."""
    with pytest.raises(UserError, match="write at least 40"):
        open_data("sample", size=0)
