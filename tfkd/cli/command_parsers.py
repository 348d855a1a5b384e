"""What the parsers of all commands have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

ALSO = {
    "from_run": ("--from",),
    "header": ("--columns",),
    "unlabelled": ("--unlabeled",),
    "labelled": ("--labeled",),
}
"""Other spellings of flags."""


def add_command(commands: Any, name: str, function: Callable, help: str) -> argparse.ArgumentParser:
    """Add a command that calls `function` with the parsed arguments.

    Args:
        commands: The subparsers of the command line.
        name: Name of the command.
        function: What the command does.
        help: One line for `tfkd --help`, in lower case.
    """
    parser = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    parser.set_defaults(command=function)
    return parser
