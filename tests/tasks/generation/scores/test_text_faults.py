"""Which texts count as empty, looping or copied, and how diverse and long they are."""

import numpy as np
import pytest

from tfkd.tasks.generation import scores
from tfkd.tasks.generation.scores.text_faults import is_copied, is_looping


@pytest.mark.parametrize(
    "text",
    [
        "The The The",
        "a man in a man in a man in a hat",
        "i i i i i",
        "sososososososososo",
        "我们我们我们",
        "I don't know. I don't know. I don't know.",
    ],
)
def test_loops_are_found(text):
    assert is_looping(text)


@pytest.mark.parametrize(
    "text",
    ["", "a man and a man and a dog", "i i i i", "哈哈哈", "1000000000000", "........", "hm hm ha"],
)
def test_what_repeats_less_is_no_loop(text):
    assert not is_looping(text)


def test_what_a_reference_repeats_may_be_repeated():
    assert not is_looping("no no no", ["He said no, no, no."])
    assert is_looping("no no no", ["He said no."])


def test_copies_of_the_source():
    assert is_copied("Two men are at the sea", ["Zwei Männer am Meer"], "Two men are at the sea.")
    assert not is_copied("Zwei Männer", ["Zwei Männer am Meer"], "Two men are at the sea.")
    # A name is the same in both languages, and a first sentence is no copy of a mail.
    assert not is_copied("Bob Dylan", ["Bob Dylan"], "Bob Dylan")
    assert not is_copied("See you.", ["Later"], "See you. I have sent the report to all of them.")


def test_faults_are_shares():
    found = scores.faults(["the the the", " - ", "a man", "a dog"], [["x"]] * 4, ["a man"] * 4)
    assert found == {"empty": 0.25, "looping": 0.25, "copied": 0.25}
    without = scores.find_faults(["a man"], [[]])
    assert {name: which.tolist() for name, which in without.items()} == {
        "empty": [False],
        "looping": [False],
        "copied": [False],
    }


def test_diversity_and_length_by_hand():
    assert scores.distinct(["I do", "I do not", ""]) == {"distinct1": 3 / 5, "distinct2": 2 / 3}
    assert scores.distinct([""]) == {"distinct1": 0.0, "distinct2": 0.0}
    assert scores.length_ratio(["a b", "c"], [["a b c d"], ["c d", "x y z"]])["length_ratio"] == 0.5


def test_perplexity_by_hand():
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [1 / 3] * 3])
    rows = [{"labels": np.array([0, 1, -100])}, {"labels": np.array([-100, -100, 2])}]
    asked = []

    def run(some):
        asked.append(len(some))
        return [{"logits": logits} for _ in some]

    losses = scores.reference_losses(run, rows * 40)
    assert max(asked) <= 32
    np.testing.assert_allclose(losses[:2], [[-np.log(0.4), 2], [np.log(3), 1]])
    found = scores.perplexity(losses[:2], ["one two", "three"])
    assert found["perplexity"] == pytest.approx((3 / 0.4) ** (1 / 3))
    # Three words and two ends; 7 + 5 letters and two ends.
    assert found["word_perplexity"] == pytest.approx((3 / 0.4) ** (1 / 5))
    assert found["byte_perplexity"] == pytest.approx((3 / 0.4) ** (1 / 14))
    assert np.isnan(scores.perplexity(np.zeros((1, 2)), [""])["perplexity"])
    assert scores.perplexity(np.array([[1e9, 1]]), ["a"])["perplexity"] == np.inf
