"""Settings that have no meaning where a teacher is made out of an encoder's vectors."""

import pytest

from tfkd import UserError
from tfkd.running.caching import open_data_and_teacher
from tfkd.running.config import make_config
from tfkd.running.lookup_setting import check_lookup, looks_up
from tfkd.tasks import find

TASK = {"data": "ratings", "task": "recommendation"}


def test_a_teacher_of_texts_reads_them_itself():
    assert looks_up(find("recommendation"))
    assert not looks_up(find("text-classification"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"teacher": "train"}, "the teacher is train, and the task recommendation makes one"),
        ({"teacher": "hf:encoder", "store": "stored"}, "store is stored, and the teacher"),
    ],
)
def test_what_has_no_meaning_is_refused(settings, said):
    """A stored teacher of other data answers by numbers that mean other texts."""
    with pytest.raises(UserError, match=said):
        check_lookup(make_config({**TASK, **settings}), find("recommendation"))


def test_nothing_is_cached_for_other_runs():
    with pytest.raises(UserError, match="is made of the data in each run"):
        open_data_and_teacher(make_config({**TASK, "teacher": "hf:encoder"}))
