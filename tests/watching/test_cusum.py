"""CUSUM on shares: rare false alarms, short delays, no matter how the reference fell out."""

import numpy as np
import pytest

from tfkd.watching.cusum import threshold
from tfkd.watching.rate_series import DOWN, UP, RateSeries, RateTest

SUMS = 12  # three classes, in a topic and in all, up and down
TEST = RateTest(300, 2.0, threshold(10_000, SUMS))


def changes(hits, test=TEST):
    """The changes that a series shows, by the place of the text that raised them."""
    series = RateSeries()
    found = ((i, series.add(bool(hit), float(i), test)) for i, hit in enumerate(hits))
    return {i: change for i, change in found if change}


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_false_alarms_are_as_rare_as_promised(rate):
    """The bound of Lorden, kept though the rate is only known from 300 texts."""
    texts, runs = 5_000, 16
    alarms = sum(
        len(changes(np.random.default_rng(seed).random(texts) < rate)) for seed in range(runs)
    )
    # Two of the twelve sums are tested here.
    assert alarms <= 2 / SUMS * texts * runs / 10_000 + 2


@pytest.mark.parametrize(
    ("before", "after", "way", "most"), [(0.15, 0.45, UP, 150), (0.5, 0.2, DOWN, 150)]
)
def test_a_planted_change_is_found(before, after, way, most):
    """How many texts it takes, and what the rates were."""
    delays = []
    for seed in range(8):
        draws = np.random.default_rng(seed).random(2_000)
        hits = draws < np.where(np.arange(2_000) < 1_000, before, after)
        (at, change), *_ = changes(hits).items()
        assert (change.direction, at >= 1_000) == (way, True)
        assert change.before == pytest.approx(before, abs=0.08)
        # Of the texts that raised the alarm, which are the clearest ones.
        assert change.after == pytest.approx(after, abs=0.25)
        assert abs(change.since - 1_000) < 120
        delays.append(at - 1_000)
    assert np.median(delays) < most


def test_after_an_alarm_the_new_rate_is_the_normal_one():
    """An alarm each few texts for ever after."""
    draws = np.random.default_rng(1).random(6_000)
    found = changes(draws < np.where(np.arange(6_000) < 1_000, 0.1, 0.4))
    assert len(found) == 1


@pytest.mark.parametrize("hit", [True, False])
def test_rates_of_none_and_all_are_no_reason_to_fail(hit):
    """Logarithms of zero: a class that no text had, and then each."""
    found = changes([hit] * 400 + [not hit] * 100)
    (change,) = found.values()
    assert change.direction == (DOWN if hit else UP)
    assert min(found) < 430


def test_a_series_goes_on_as_it_was():
    """A sum that begins again whenever the program does is never an alarm."""
    hits = np.random.default_rng(2).random(1_400) < np.where(np.arange(1_400) < 1_000, 0.1, 0.4)
    series = RateSeries()
    found = []
    for i, hit in enumerate(hits):
        series = RateSeries.from_json(series.to_json())
        if series.add(bool(hit), float(i), TEST):
            found.append(i)
    assert found == list(changes(hits))
