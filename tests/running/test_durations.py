"""The seconds of trainings: kept by epoch, summed, and in the report."""

import pytest

from tfkd.reporting.report import load
from tfkd.running.durations import FILE, record_epoch, sum_seconds


def test_an_epoch_that_is_trained_again_counts_once(tmp_path):
    """A resumed training that seems to have taken twice as long."""
    for epoch, seconds in ((1, 2.0), (2, 3.0), (2, 4.0)):
        record_epoch(tmp_path, epoch, seconds)
    other = tmp_path / "other"
    other.mkdir()
    record_epoch(other, 1, 0.5)
    assert sum_seconds([tmp_path, other]) == 6.5


@pytest.mark.parametrize("content", [None, "", "{"])
def test_nothing_known(tmp_path, content):
    """A report that ends because a file of no consequence is damaged."""
    if content is not None:
        (tmp_path / FILE).write_text(content)
    assert sum_seconds([tmp_path]) is None


def test_the_report_says_how_long_each_model_trained(finished):
    """The student alone with the seconds of the distilled one."""
    report = load(finished)
    folders = {"teacher": "teacher/member-0", "alone": "alone", "distilled": "distilled"}
    for name, folder in folders.items():
        seconds = sum_seconds([finished / folder])
        assert seconds
        assert report[name].training_seconds == pytest.approx(seconds)
    assert report["exported (int8)"].training_seconds is None
    assert "training, s" in report.table()
