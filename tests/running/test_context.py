"""The context of a run: opened without a trace, claimed once, opened again by its folder."""

import json

import pytest

from tfkd import UserError
from tfkd.progress import log_progress
from tfkd.running.config import make_config
from tfkd.running.context import claim_folder, make_context, open_run

SETTINGS = {"data": "sample:40", "teacher": "train:bag_of_ngrams:tiny", "to": "run"}


@pytest.fixture
def context():
    """The context of a run that has not begun."""
    return make_context(make_config(SETTINGS), log_progress)


def test_a_context_leaves_nothing_behind(context, tmp_path):
    """A folder that is claimed for a run that is refused afterwards."""
    assert not list(tmp_path.iterdir())
    assert context.first
    assert (context.worker, context.workers) == (0, 1)


def test_a_claimed_folder_opens_again(context):
    """A run that is another one as soon as it is named by its folder."""
    claimed = claim_folder(context)
    again = open_run(claimed.folder)
    assert again.config == claimed.config
    assert again.data.counts == claimed.data.counts
    assert json.loads((claimed.folder / "data.json").read_text())


def test_in_a_chain_the_last_assistant_teaches():
    """A student that learns from the first teacher after all."""
    config = make_config({**SETTINGS, "assistant": "text_cnn:tiny, bag_of_ngrams:tiny"})
    context = claim_folder(make_context(config, log_progress), "kept")
    first, second = context.assistants
    assert (first.to, second.to) == ("run/assistant-1", "run/assistant-2")
    flat = [each.flat() for each in (first, second, context.config)]
    assert [each["store"] for each in flat] == ["kept", "", ""]
    assert [each["teacher"] for each in flat] == [
        SETTINGS["teacher"],
        "keras:run/assistant-1",
        "keras:run/assistant-2",
    ]


def test_what_is_missing_is_named(context, tmp_path):
    """A traceback where a run was interrupted."""
    with pytest.raises(UserError, match=r"has no student\.keras yet"):
        context.require_files("student.keras")
    with pytest.raises(UserError, match="is no run's folder"):
        open_run(tmp_path)
