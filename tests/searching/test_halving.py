"""Who goes on to more texts."""

import pytest

from tfkd.searching.halving import goes_on


def count_that_go_on(scores, **how):
    """Return how many of candidates that come one after the other get more texts."""
    return sum(goes_on(score, scores[:i], **how) for i, score in enumerate(scores))


@pytest.mark.parametrize("higher", [True, False])
def test_a_third_goes_on(higher):
    """All of them, or those that are worst."""
    sign = 1 if higher else -1
    assert goes_on(sign * 0.9, [sign * 0.1] * 20, higher_is_better=higher)
    assert not goes_on(sign * 0.1, [sign * 0.9] * 2, higher_is_better=higher)


def test_of_equals_few_go_on():
    """Forty candidates with the same score, all of which are trained on all texts."""
    assert count_that_go_on([0.9] * 40, higher_is_better=True) == 1
