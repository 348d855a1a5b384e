"""A teacher whose numbers are not those of the data: half of the scale, or percent."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.tasks.text_regression.units import check_units

TRUTH = np.random.default_rng(0).normal(3.0, 1.0, 60)
NOISE = np.random.default_rng(1).normal(0.0, 0.3, 60)


@pytest.mark.parametrize(
    "values",
    [TRUTH / 5 + NOISE / 5, 20 * TRUTH + NOISE, TRUTH - 4 + NOISE, 5 * (TRUTH - 3) + 3],
)
def test_numbers_on_another_scale_are_refused(values):
    with pytest.raises(UserError, match="on another scale than the data's"):
        check_units(values, TRUTH)


@pytest.mark.parametrize(
    "values", [TRUTH + NOISE, 3 + 0.3 * (TRUTH - 3), NOISE * 100, np.full(60, 7.0), 1.2 * TRUTH]
)
def test_poor_and_good_teachers_pass(values):
    """A careful model stays near the mean, and a useless one is for the report to tell."""
    check_units(values, TRUTH)


def test_few_texts_tell_nothing():
    check_units(20 * TRUTH[:10], TRUTH[:10])
