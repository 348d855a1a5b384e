"""What a student may take."""

import math

import pytest

from tfkd import UserError
from tfkd.searching import Budget, Measured


def test_a_file_over_the_budget_is_refused_with_its_numbers():
    measured = Measured(2.3149, 0.25, 10)
    assert Budget().refuse(measured) == ""
    assert Budget(3, 0.25).refuse(measured) == ""
    assert Budget(1).refuse(measured) == "2.31 MB, over 1 MB"
    assert Budget(1, 0.2).refuse(measured) == "2.31 MB, over 1 MB and 0.25 ms, over 0.2 ms"


def test_what_just_misses_is_not_said_to_equal_its_limit():
    """'1 MB, over 1 MB' would be no reason."""
    assert Budget(1).refuse(Measured(1.0004, 0, 1)) == "1.0004 MB, over 1 MB"


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, "1", None, True])
def test_limits_are_numbers_from_0_up(bad):
    with pytest.raises(UserError, match=r"--max-mb is .*: write a number of megabytes"):
        Budget(megabytes=bad)
    with pytest.raises(UserError, match="--max-ms is"):
        Budget(milliseconds=bad)
