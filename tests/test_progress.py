"""What the library says: nothing by itself, lines where `verbose` asks, each of them once."""

import contextlib
import logging
from types import SimpleNamespace

import pytest

from tfkd import progress
from tfkd.progress import log_progress, logger, mute_log, print_log, unmuted


@pytest.mark.parametrize(("verbose", "printed"), [(0, ""), (1, "a line\n"), ("auto", "a line\n")])
def test_verbose_prints(verbose, printed, capsys):
    """A library that prints, or a notebook that stays empty for an hour."""
    with print_log(verbose):
        logger.info("a line")
    assert capsys.readouterr().out == printed


def test_no_line_comes_twice(capsys, caplog):
    """A run inside of which a store is written; a program that shows the log already."""
    with print_log(), print_log():
        logger.info("a line")
    assert capsys.readouterr().out == "a line\n"
    caplog.set_level(logging.INFO, "tfkd")
    with print_log():
        logger.info("a line")
    assert (capsys.readouterr().out, caplog.messages) == ("", ["a line"])


def test_all_is_as_before_after_an_error():
    """A logger that prints for ever."""
    before = logger.level, logger.propagate, list(logger.handlers)
    with contextlib.suppress(ZeroDivisionError), print_log():
        raise ZeroDivisionError
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


def test_muted(capsys):
    """The plan of a run, by each of eight workers."""
    with print_log():
        with mute_log():
            logger.warning("from the second worker")
        logger.info("from the first one")
    assert capsys.readouterr().out == "from the first one\n"


def test_steps_are_shown_where_all_else_is_muted(capsys):
    """An hour of a teacher's pass within a search, and no line of it."""
    with print_log(), mute_log(), unmuted(log_progress)("teacher", 2) as advance:
        logger.info("a detail")
        advance(2)
        logger.info("another one")
    assert capsys.readouterr().out.startswith("teacher: 2 texts in ")
    with print_log():
        logger.info("all again")
    assert capsys.readouterr().out == "all again\n"


def test_lines_with_the_time_left(monkeypatch, capsys):
    """A log file of a night with one line in it, or with a million."""
    times = iter([0.0, 10.0, 31.0, 40.0, 62.0, 70.0])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(times)))
    with print_log(), log_progress("outputs", 100) as advance:
        for count in (10, 20, 20, 40):
            advance(count)
    assert capsys.readouterr().out.splitlines() == [
        "outputs: 30 of 100 texts, 1 min 48 s left",
        "outputs: 90 of 100 texts, 7.8 s left",
        "outputs: 100 texts in 1 min 10 s",
    ]


def test_a_step_of_unknown_length_says_how_much_it_did(caplog):
    """ "0 texts in 2 h", where windows were not counted before."""
    caplog.set_level(logging.INFO, "tfkd")
    with log_progress("teacher", 0) as advance:
        advance(3)
        advance(4)
    assert caplog.messages[0].startswith("teacher: 7 texts in ")
