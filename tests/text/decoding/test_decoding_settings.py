"""How a text is written: settings that cannot be."""

import pytest

from tfkd.errors import UserError
from tfkd.text.decoding import Decoding


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"beams": 0}, "beams is 0"),
        ({"beams": True}, "beams is True"),
        ({"longest": 2.5}, "longest is 2.5"),
        ({"shortest": 9, "longest": 8}, "smaller shortest"),
        ({"longest": 100_000}, "longest is 100000: write at most 4,096"),
        ({"length_penalty": float("nan")}, "length_penalty is nan"),
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"top_p": 0.0}, "top_p is 0.0"),
        ({"beams": 4, "temperature": 1.0}, "one of them"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(settings, told):
    with pytest.raises(UserError, match=told):
        Decoding(**settings)
