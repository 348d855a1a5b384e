"""Examples as people give them to a file."""

import pytest

from tfkd.errors import UserError
from tfkd.runtime.example_reading import read_example
from tfkd.tasks import find


@pytest.mark.parametrize(
    ("task", "value", "role"),
    [
        ("token-classification", {"words": ["Anna", "left"]}, "tokens"),
        ("token-classification", {"tokens": ["Anna"], "words": ["left"]}, "tokens"),
        ("text-classification", {"Text": "a film"}, "text"),
    ],
)
def test_names_that_files_have_are_read_as_there(task, value, role):
    """A dict that `tfkd predict --jsonl` answers, refused in Python."""
    wanted = next(iter(value.values()))
    assert type(wanted)(read_example(find(task), value, 0)[role]) == wanted


def test_a_name_that_no_file_has_is_refused():
    with pytest.raises(UserError, match="example 3 has no text: give text"):
        read_example(find("text-classification"), {"comment_by": "a film"}, 3)
