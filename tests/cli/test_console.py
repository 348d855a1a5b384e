"""Ctrl-C ends the command, wherever it comes."""

import contextlib
import os
import signal

import pytest

from tfkd.cli import console
from tfkd.cli.console import Console


def swallowed():
    """Ctrl-C in a place whose exceptions Python drops."""
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_that_was_swallowed_ends_the_next_step():
    """A run of hours that cannot be stopped."""
    with console.catch_interrupts(), Console().progress("steps", 3) as advance:
        advance(1)
        swallowed()
        with pytest.raises(KeyboardInterrupt):
            advance(1)


def test_it_is_forgotten_with_the_command():
    """The next command of the same process would end at its first step."""
    with console.catch_interrupts():
        swallowed()
    before = signal.getsignal(signal.SIGINT)
    with console.catch_interrupts():
        console.raise_if_interrupted()
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
