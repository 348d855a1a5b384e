"""Ctrl-C ends the command, wherever it comes."""

import contextlib
import os
import signal

import pytest

from tfkd import interrupts
from tfkd.console import Voice


def swallowed():
    """Ctrl-C in a place whose exceptions Python drops."""
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_that_was_swallowed_ends_the_next_step():
    """A run of hours that cannot be stopped."""
    with interrupts.heard(), Voice(quiet=True).bar("steps", 3) as advance:
        advance(1)
        swallowed()
        with pytest.raises(KeyboardInterrupt):
            advance(1)


def test_it_is_forgotten_with_the_command():
    """The next command of the same process would end at its first step."""
    with interrupts.heard():
        swallowed()
    before = signal.getsignal(signal.SIGINT)
    with interrupts.heard():
        interrupts.check()
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
