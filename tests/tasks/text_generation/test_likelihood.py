"""Perplexity against loops that are written another way; answers that compare."""

import math

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Example, Schema
from tfkd.tasks.text_generation import TextGeneration
from tfkd.tasks.text_generation.likelihood import Likelihood, measure_text

VOCABULARY = 7


def rows_and_outputs(seed=0):
    """Two rows of a text, in which not every token is to be foretold."""
    draw = np.random.default_rng(seed)
    labels = [[-100, 4, 1], [3, -100]]
    rows = [{"input_ids": [2] * len(each), "labels": each} for each in labels]
    return rows, [{"logits": draw.normal(size=(len(each), VOCABULARY))} for each in labels]


def test_the_loss_is_that_of_a_loop():
    rows, outputs = rows_and_outputs()
    nats, right = 0.0, 0
    for row, output in zip(rows, outputs, strict=True):
        for label, logits in zip(row["labels"], output["logits"], strict=True):
            if label == -100:
                continue
            shares = [math.exp(each) for each in logits]
            nats -= math.log(shares[label] / sum(shares))
            right += shares[label] == max(shares)
    answer = measure_text(outputs, rows)
    assert answer.nats == pytest.approx(nats)
    assert (answer.right, answer.tokens) == (right, 3)


def test_texts_weigh_as_their_tokens():
    """The mean of perplexities would say that short texts are half of all."""
    task = TextGeneration()
    long, short = Likelihood(90.0, 0, (1,) * 90), Likelihood(30.0, 0, (1,) * 10)
    examples = [Example(text="a b c"), Example(text="d")]
    assert task.score([long, short], examples)["perplexity"] == pytest.approx(math.exp(1.2))
    headline = task.headline([long, short], examples)
    assert headline(np.array([0, 1])) == pytest.approx(math.exp(1.2))
    assert headline(np.array([1, 1])) == pytest.approx(math.exp(3.0))


def test_two_tokenizers_compare_by_byte():
    """As likely in half as many pieces is as likely."""
    task, examples = TextGeneration(), [Example(text="four words are here")]
    coarse, fine = Likelihood(40.0, 0, (1,) * 5), Likelihood(40.0, 0, (1,) * 20)
    one, other = (task.score([each], examples) for each in (coarse, fine))
    assert one["perplexity"] > 10 * other["perplexity"]
    for name in ("word_perplexity", "byte_perplexity", "bits_per_byte"):
        assert one[name] == other[name]
    assert 2 ** one["bits_per_byte"] == pytest.approx(one["byte_perplexity"])


def test_models_agree_token_by_token():
    task = TextGeneration()
    one, other = Likelihood(3.0, 2, (1, 2, 3)), Likelihood(3.03, 2, (1, 2, 4))
    assert task.agreement([one], [other]) == pytest.approx(2 / 3)
    assert task.same([one], [other]).tolist() == [True]
    assert task.same([one], [Likelihood(3.6, 2, (1, 2, 3))]).tolist() == [False]
    assert task.agreement([one], [Likelihood(2.0, 1, (9, 9))]) == 1.0
    nothing = Likelihood(0.0, 0, ())
    assert task.agreement([nothing], [nothing]) == 1.0


class Uniform:
    """A model that knows nothing, and counts how many tokens it is given at once."""

    most = 0

    def run(self, rows):
        self.most = max(self.most, sum(len(row["input_ids"]) for row in rows))
        return [{"logits": np.zeros((len(row["labels"]), VOCABULARY))} for row in rows]


def test_a_model_is_asked_a_few_texts_at_a_time():
    """Logits of a whole test set would be many gigabytes."""
    model, task = Uniform(), TextGeneration()
    rows = [[{"input_ids": [2] * 100, "labels": [3] * 100}]] * 90
    answers = task.ask(model, rows, Schema())
    assert task.score(answers, [Example(text="a")] * 90)["perplexity"] == pytest.approx(VOCABULARY)
    assert model.most <= 2_048


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"overlap": -1}, "overlap is -1"),
        ({"samples": 1.5}, "samples is 1.5"),
        ({"beams": 2, "temperature": 0.5}, "give one of them"),
        ({"control": 1}, "has no setting 'control'"),
    ],
)
def test_wrong_settings_are_refused(settings, says):
    with pytest.raises(UserError, match=says):
        TextGeneration(settings)


def test_nothing_to_score_is_refused():
    with pytest.raises(UserError, match="no text to score"):
        TextGeneration().score([], [])
