"""`tfkd search-students`: the best student within a budget of megabytes and milliseconds."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import UserError
from ..running.config import places
from . import flags
from .command_parsers import add_command
from .console import console
from .importing import import_tensorflow

_OWN = ("max_mb", "max_ms", "trials", "hours", "metric", "sampler", "also", "seeds")


def add_search_students(subparsers: Any) -> None:
    """Add the command to the command line.

    Args:
        subparsers: Those of the command line.
    """
    command = add_command(
        subparsers,
        "search-students",
        search_students,
        "find the best student within a budget of megabytes and milliseconds",
    )
    command.add_argument("data", help="imdb, sample, a file, a folder, or a run's .toml")
    command.add_argument("--max-mb", type=float, help="megabytes of the file at most")
    command.add_argument(
        "--max-ms", type=float, help="milliseconds of an answer, tokenizer included, at most"
    )
    command.add_argument("--trials", type=int, help="students that are trained (default: 40)")
    command.add_argument("--hours", type=float, help="hours of all trials, in place of --trials")
    command.add_argument("--metric", help="measure to go by (default: the first of the task)")
    command.add_argument("--sampler", help="tpe, or random as a control (default: tpe)")
    command.add_argument(
        "--also", action="append", help="search this too: compress, augment; several times"
    )
    command.add_argument(
        "--seeds", type=int, help="trainings of winner and default at the end (default: 3)"
    )
    # Every setting that is given stays as it is in all trials.
    flags.add_settings(command, [name for name in places() if name != "data"])


def search_students(args: argparse.Namespace) -> None:
    """Carry out a search, or what is left of it, and show what it found."""
    given = {name: value for name, value in vars(args).items() if name in _OWN}
    for name in _OWN:
        delattr(args, name)
    if flags.parts_of(args) is not None:
        raise UserError("these are several runs: search for the student of one of them.")
    config = flags.config_of(args)
    import_tensorflow(config.teacher.source)
    from ..searching import run_search
    from ..searching.options import make_options

    options, _ = make_options(given)
    fixed = set(vars(args)) - {"command"}
    found = run_search(config, options, fixed, console.progress)
    if found is None:
        return
    found.show(console.rich)
    console.print(f"report    {found.folder / 'search.md'}")
    console.print(f"again     tfkd distill {found.folder / 'best.toml'}")
    console.print(f"try       tfkd predict {found.file} ...")
