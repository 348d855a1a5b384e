"""What to answer and what to refuse, by confidence: against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tfkd.errors import UserError
from tfkd.reporting.refusal import answered_above, auroc, coverage_at


@pytest.mark.parametrize("levels", [3, 1000])
def test_auroc_is_scikit_learns(levels):
    """Equal scores in the order that they came in."""
    rng = np.random.default_rng(levels)
    scores = rng.integers(0, levels, 200) / levels
    positive = rng.random(200) < 0.2 + 0.5 * scores
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_coverage_is_the_greatest_share_that_is_right_often_enough():
    """The first threshold that fails, instead of the last one that holds; half of a tie."""
    rng = np.random.default_rng(0)
    confidence = rng.integers(0, 40, 300) / 40
    right = rng.random(300) < confidence
    found = coverage_at(0.8, confidence, right)
    tried = {t: right[confidence >= t].mean() for t in np.unique(confidence)}
    threshold = min(t for t, accuracy in tried.items() if accuracy >= 0.8)
    assert found.threshold == threshold
    assert found == answered_above(threshold, confidence, right)
    assert found.share == (confidence >= threshold).mean()


def test_nothing_is_answered_where_nothing_is_right_enough():
    """A threshold of 1, at which the surest wrong answer is given."""
    found = coverage_at(0.95, np.array([1.0, 0.5]), np.array([False, True]))
    assert (found.share, found.threshold) == (0.0, np.inf)
    assert np.isnan(answered_above(found.threshold, np.ones(2), np.ones(2)).accuracy)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: auroc([0.1, 0.2], [True, True]), "2 of 2 examples are positive"),
        (lambda: auroc([0.1, np.nan], [True, False]), "number 1 is NaN"),
        (lambda: coverage_at(0.9, [], []), "give one of each an example"),
        (lambda: coverage_at(0.9, [0.5], [True, False]), "give one of each an example"),
        (lambda: coverage_at(95, [0.5], [True]), "the accuracy is 95"),
    ],
)
def test_what_cannot_be_counted(call, words):
    """An area of NaN in a table."""
    with pytest.raises(UserError, match=words):
        call()
