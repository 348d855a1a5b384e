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
    assert tuple(action.choices) == tuple(parsing.COMMANDS)


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


def subparser(top, name):
    (action,) = (each for each in top._actions if isinstance(each, argparse._SubParsersAction))
    return action.choices[name]


@pytest.mark.parametrize("name", parsing.COMMANDS)
def test_the_parser_of_one_command_is_that_of_all(name, monkeypatch):
    """A flag that is lost on the short way, or another sentence of help."""
    monkeypatch.setenv("COLUMNS", "120")
    one, every = (subparser(parsing.parser(words), name) for words in ([name], []))
    assert one.format_help() == every.format_help()
    assert "[-h]" in one.format_help()


def test_help_names_all_commands(tfkd):
    """A page of commands without what they do, as the short way has them."""
    code, shown, _ = tfkd("--help")
    assert code == 0
    for name, words in (("predict", "answer texts with"), ("distill", "train a small student")):
        assert any(line.split()[:1] == [name] and words in line for line in shown.splitlines())


def test_a_word_that_is_no_command_lists_all(tfkd):
    """An error that names the one command whose parser was made."""
    code, _, said = tfkd("zzz")
    assert code == 2
    assert all(name in said for name in parsing.COMMANDS)


def test_an_answer_imports_no_more_than_it_needs(python):
    """Settings of runs, tables of plots: half a second before each answer."""
    found = python(
        "import sys; from tfkd.cli._main import main\n"
        "from tfkd.cli.parsing import parser; parser(['predict', 'file', 'text'])\n"
        "print(*sys.modules)"
    ).split()
    unwanted = ("tfkd.running", "tfkd.data.opening", "importlib.metadata", "tfkd.training.backup.")
    kept = {"tfkd.training.backup.preemption"}
    assert [m for m in found if m.startswith(unwanted) and m not in kept] == []
    assert "tfkd.runtime.predictor" in found


def test_precisions_are_those_of_the_store():
    """One that Python has, and the shell refuses."""
    from tfkd.cli.run_flags import PRECISIONS
    from tfkd.store import precision

    assert precision.PRECISIONS == PRECISIONS
