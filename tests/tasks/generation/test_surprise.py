"""Replies have a perplexity, by word, of what was wanted."""

import numpy as np
import pytest

from tfkd.data import Example
from tfkd.tasks.generation.surprise import add_surprise, measure_surprise
from tfkd.tasks.generation.written_answer import Written
from tfkd.text.decoding import Hypothesis


class Guessing:
    """A model that finds every token as likely, and writes the same."""

    def run(self, rows):
        return [{"logits": np.zeros((len(row["labels"]), 8))} for row in rows]

    def write(self, rows, decoding, *, advance=None):
        return [[Hypothesis((5,), "well", -1.0, True)] for _ in rows]


ROWS = [
    {"labels": [5, 6, 3]},
    {"labels": [-100]},
    # A target that is longer than what is learnt: its words are not all there.
    {"labels": [5, 6, -100]},
]
EXAMPLES = [Example(text="a", label="so so"), Example(text="b"), Example(text="c", label="a b c")]


def test_what_was_wanted_and_not_cut_counts():
    found = add_surprise(Guessing(), ROWS, [Written("well", -1.0, 1)] * 3)
    assert [each.surprise and each.surprise[1] for each in found] == [3, None, None]
    assert found[0] == found[1]
    # Three tokens of eight equally likely ones, two words and an end.
    assert measure_surprise(found, EXAMPLES)["word_perplexity"] == pytest.approx(8.0)
    assert measure_surprise([Written("well")], EXAMPLES[:1]) == {}


def test_replies_are_asked_for_it():
    from tfkd.tasks.text2text_generation import Text2TextGeneration

    task = Text2TextGeneration()
    answers = task.ask(Guessing(), [[row] for row in ROWS], task.schema(()))
    assert task.score(answers, EXAMPLES)["word_perplexity"] == pytest.approx(8.0)
    # A baseline has no probabilities.
    scores = task.score([Written("well")] * 3, EXAMPLES)
    assert list(scores) == ["chrf", "distinct1", "distinct2"]
