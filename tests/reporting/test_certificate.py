"""The threshold above which few answers are wrong: its bound holds, in simulation too."""

import numpy as np
import pytest

from tfkd.errors import UserError
from tfkd.reporting.certificate import (
    certify_threshold,
    choose_thresholds,
    count_texts_needed,
    upper_bound,
)

DRAWS, TEXTS, RISK = 1_000, 1_000, 0.05
MOST_VIOLATIONS = 67  # of 1,000 at 5 %: more have a probability below 1 %


def test_the_bound_is_that_of_clopper_and_pearson():
    """A bound from the normal distribution is too small where few answers are wrong."""
    scipy = pytest.importorskip("scipy.stats")
    for wrong, count in ((0, 10), (1, 30), (7, 400), (60, 3_000), (9, 10)):
        exact = scipy.beta.ppf(0.95, wrong + 1, count - wrong)
        assert upper_bound(wrong, count) == pytest.approx(exact, abs=1e-9)
    assert upper_bound(0, 50) == pytest.approx(1 - 0.05 ** (1 / 50))


@pytest.mark.parametrize("wrong", [0, 1, 4])
@pytest.mark.parametrize("risk", [0.01, 0.02, 0.3])
def test_one_text_fewer_than_needed_is_too_few(risk, wrong):
    """A sentence that asks for more texts than would do, or for too few."""
    needed = count_texts_needed(risk, wrong)
    assert upper_bound(wrong, needed) <= risk < upper_bound(wrong, needed - 1)


def risk_of(confidence):
    """How likely an answer of this confidence is wrong: neither calibrated nor falling."""
    edges = np.array([0.4, 0.6, 0.8, 0.95, 0.995])
    return np.array([0.5, 0.3, 0.1, 0.03, 0.01, 0.2])[np.searchsorted(edges, confidence)]


def draw(generator, count, ties):
    confidence = generator.beta(5, 1, count)
    wrong = generator.random(count) < risk_of(confidence)
    return np.round(confidence * 12) / 12 if ties else confidence, wrong


@pytest.mark.parametrize("ties", [False, True])
def test_the_bound_is_violated_in_at_most_5_percent_of_draws(ties):
    """Thresholds that are chosen on the texts that test them are wrong far more often."""
    generator = np.random.default_rng(0)
    population, wrong = draw(generator, 400_000, ties)
    order = np.argsort(-population, kind="stable")
    ranked, errors = population[order], np.cumsum(wrong[order])
    violated = passed = 0
    for _ in range(DRAWS):
        thresholds = choose_thresholds(*draw(generator, 200, ties), count=TEXTS, risk=RISK)
        found = certify_threshold(*draw(generator, TEXTS, ties), thresholds, RISK)
        if found.threshold is not None:
            passed += 1
            count = np.searchsorted(-ranked, -found.threshold, side="right")
            violated += errors[count - 1] / count > RISK
    assert passed > DRAWS / 4
    assert violated <= MOST_VIOLATIONS


def test_at_the_edge_the_bound_is_used_up():
    """A test that never fails would pass the simulation too, and answer less than it could."""
    generator = np.random.default_rng(1)
    thresholds = np.array([0.5])
    confidence = np.ones(TEXTS)
    draws = generator.random((DRAWS, TEXTS)) < 1.0001 * RISK
    passed = sum(
        certify_threshold(confidence, wrong, thresholds, RISK).threshold is not None
        for wrong in draws
    )
    assert 20 <= passed <= MOST_VIOLATIONS


def test_the_first_failure_ends_it():
    """A threshold behind a failure would be one of many that were tried."""
    confidence = np.repeat([0.9, 0.8, 0.7], [100, 100, 2_000])
    wrong = np.zeros(2_200, bool)
    wrong[100:110] = True
    found = certify_threshold(confidence, wrong, np.array([0.9, 0.8, 0.7]), 0.04)
    assert (found.threshold, found.answered, found.wrong) == (0.9, 100, 0)
    assert certify_threshold(confidence, wrong, np.array([0.7]), 0.04).threshold == 0.7


def test_equal_confidences_are_answered_together():
    """Half of the texts of one confidence cannot be told from the other half."""
    confidence = np.full(400, 0.75)
    found = certify_threshold(confidence, np.zeros(400, bool), np.array([0.75]), 0.02)
    assert (found.answered, found.share) == (400, 1.0)


def test_confidence_that_is_nan_is_never_answered():
    """NaN compares as false both ways: one way answers it."""
    confidence = np.where(np.arange(400) < 200, np.nan, 0.9)
    found = certify_threshold(confidence, np.isnan(confidence), np.array([0.9, 0.0]), 0.02)
    assert (found.threshold, found.answered, found.wrong) == (0.0, 200, 0)


def test_without_a_threshold_the_strictest_tells_why():
    """`None` alone says neither that there are too few texts nor that too many are wrong."""
    found = certify_threshold(np.ones(50), np.arange(50) < 3, np.array([0.5, 0.0]), 0.02)
    assert (found.threshold, found.answered, found.wrong, found.share) == (None, 50, 3, 0.0)


def test_thresholds_fall_to_the_one_that_answers_everything():
    """Rising thresholds would test the loosest first, and fail there."""
    confidence, wrong = draw(np.random.default_rng(0), 500, ties=False)
    thresholds = choose_thresholds(confidence, wrong, count=2_000, risk=RISK)
    assert (np.diff(thresholds) < 0).all()
    assert thresholds[-1] == 0


def test_the_strictest_threshold_is_where_most_is_promised():
    """Among the most confident answers some are wrong: there the first test would fail."""
    confidence = np.linspace(1, 0, 1_000)
    wrong = np.isin(np.arange(1_000), [5, 60, 100, *range(800, 1_000)])
    first = choose_thresholds(confidence, wrong, count=1_000, risk=0.02)[0]
    assert first == pytest.approx(0.2, abs=0.01)


def test_nothing_to_choose_on_leaves_one_threshold():
    """No text with a confidence, and an index out of nothing."""
    nothing = choose_thresholds(np.full(3, np.nan), np.zeros(3, bool), count=9, risk=0.02)
    assert nothing.tolist() == [0.0]


@pytest.mark.parametrize("risk", [0, 1, -0.5, float("nan")])
def test_a_risk_is_a_share(risk):
    """A risk of 0 is never reached, one of 1 by any answers."""
    with pytest.raises(UserError, match="above 0 and below 100"):
        certify_threshold(np.ones(9), np.zeros(9, bool), np.array([0.5]), risk)
