"""All commands of the command line, each in a file that is imported when it is given."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

from .. import __version__

COMMANDS = {
    "distill": "run_flags",
    "search-students": "student_search",
    **dict.fromkeys(("teach", "label", "cache"), "run_flags"),
    "compare": "report_flags",
    "certify": "certify_command",
    "export": "report_flags",
    "predict": "file_flags",
    "watch": "stream_watching",
    "select": "selecting",
    **dict.fromkeys(("index", "search"), "searching"),
    **dict.fromkeys(("bench", "demo"), "file_flags"),
    **dict.fromkeys(("recipes", "list"), "report_flags"),
}
"""Where the function `add_COMMAND` of each is."""


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of all commands; the flags of `distill` are the settings of a run.

    Args:
        words: A command line. Where it begins with a command, the others have no flags, since the
            imports that these need take longer than a short command.
    """
    top = argparse.ArgumentParser(
        prog="tfkd", description="Distil a large model into a small, verified LiteRT file."
    )
    top.add_argument("--version", action="version", version=f"tfkd {__version__}")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    wanted = words[:1] if words and words[0] in COMMANDS else tuple(COMMANDS)
    for name, home in COMMANDS.items():
        if name in wanted:
            module = importlib.import_module(f".{home}", __package__)
            getattr(module, f"add_{name.replace('-', '_')}")(subparsers)
        else:
            # Its name alone: the error for a word that is no command lists all.
            subparsers.add_parser(name)
    return top
