"""Data of a run, opened or refused."""

import pytest

from tfkd.errors import UserError
from tfkd.running.config import make_config
from tfkd.running.run_data import open_run_data
from tfkd.tasks import find


def test_data_without_anything_to_write_say_so(tmp_path):
    """A column of empty targets was answered with a call for test texts."""
    lines = "".join(f"a dog {i},\n" for i in range(60))
    (tmp_path / "a.csv").write_text(f"source,target\n{lines}")
    config = make_config({"data": str(tmp_path / "a.csv"), "task": "translation", "to": "run"})
    message = "has no test texts, and none of its 60 training rows has anything in the label column"
    with pytest.raises(UserError, match=message):
        open_run_data(config, find("translation"))
