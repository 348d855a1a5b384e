"""Who goes on to more texts."""

import pytest

from tfkd.searching.halving import FEWEST, WHOLE_TRAINING, choose_rungs, goes_on


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


@pytest.mark.parametrize("texts", [500, 2_000, 4_000, 25_000])
@pytest.mark.parametrize("epochs", [1, 2, 3, 30])
def test_rungs_cost_more_and_more_and_end_with_all(texts, epochs):
    """A rung of a few texts, or of less than an epoch; a candidate never trained to the end."""
    rungs = choose_rungs(texts, epochs)
    assert rungs[-1] == WHOLE_TRAINING
    work = [rung.work for rung in rungs]
    assert work == sorted(set(work))
    assert len({rung.name for rung in rungs}) == len(rungs)
    assert all(rung.share == 1 or rung.share * texts >= FEWEST for rung in rungs)
    assert all(rung.epochs * epochs >= 1 for rung in rungs)
    if epochs >= 3:
        assert len(rungs) > 1
