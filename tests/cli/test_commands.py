"""Commands and flags by nearly the right name."""

import argparse

import pytest

from tfkd.cli import parsing


@pytest.mark.parametrize(
    ("word", "meant"),
    [("distil", "distill"), ("predit", "predict"), ("exports", "export"), ("benchmark", "bench")],
)
def test_a_command_that_is_nearly_one(refused, word, meant):
    """Ten names, none of which is the one that was meant."""
    assert f"no command is called {word!r} (did you mean {meant}?)" in refused(word, "sample")


def test_all_commands_are_known():
    """A command that is added later would be refused as a slip."""
    (action,) = (
        each for each in parsing.parser()._actions if isinstance(each, argparse._SubParsersAction)
    )
    assert tuple(action.choices) == parsing.COMMANDS


@pytest.mark.parametrize(
    ("flag", "name"),
    [
        ("--unlabeled", "unlabelled"),
        ("--unlabelled", "unlabelled"),
        ("--header", "header"),
        ("--columns", "header"),
    ],
)
def test_flags_of_two_spellings(flag, name):
    """American English, and the plural of --column, which is another flag."""
    args = parsing.parser().parse_args(["distill", "a.csv", flag, "x"])
    assert vars(args)[name] == "x"
    assert "columns" not in vars(args)
