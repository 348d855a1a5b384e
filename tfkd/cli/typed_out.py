"""How `tfkd predict` has a file write, and a text that appears as it is written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from ..runtime import Predictor
from ..text.decoding.decoding_settings import SETTINGS

_MEANINGS = {
    "beams": "texts that are followed at once; 1 takes the likeliest token each time",
    "longest": "most tokens of a text",
    "shortest": "fewest tokens of a text",
    "length_penalty": "power of the length that a text's score is divided by",
    "no_repeat": "no run of so many tokens occurs twice; 0 allows all",
    "temperature": "draw the tokens; the higher, the more freely",
    "top_k": "draw from so many of the likeliest tokens",
    "top_p": "draw from the likeliest tokens of this probability together",
    "seed": "of the draw",
}


def add_decoding(command: argparse.ArgumentParser) -> None:
    """Add the flags that say how a file writes.

    Args:
        command: The parser of a command.
    """
    group = command.add_argument_group("how a file writes; by default as it was trained to")
    for name, default in SETTINGS.items():
        flag = f"--{name.replace('_', '-')}"
        group.add_argument(flag, type=type(default), metavar=_kind(default), help=_MEANINGS[name])


def _kind(default: Any) -> str:
    return "N" if isinstance(default, int) else "X"


def decoding_of_flags(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given.

    Args:
        args: Of a command with these flags.
    """
    given = {name: getattr(args, name) for name in SETTINGS}
    return {name: value for name, value in given.items() if value is not None}


def is_typed_out(args: argparse.Namespace, predictor: Predictor) -> bool:
    """Return whether a text appears piece by piece: one for a terminal.

    Args:
        args: Of `tfkd predict`.
        predictor: The file.
    """
    if not predictor.task.writes or args.json or args.jsonl or args.to:
        return False
    return len(args.text) == 1 and not args.pair and sys.stdout.isatty()


def type_out(predictor: Predictor, text: str, decoding: Mapping[str, Any]) -> None:
    """Print the pieces of a text as they come.

    Args:
        predictor: The file.
        text: What it reads.
        decoding: Settings that differ from those of the file.
    """
    for piece in predictor.stream(text, **decoding):
        print(without_controls(piece), end="", flush=True)
    print()


def without_controls(text: str) -> str:
    r"""Return a text without what a terminal would obey: a file may come from anybody.

    Args:
        text: What a file wrote.

    >>> without_controls("a\x1b[31m b")
    'a[31m b'
    """
    return "".join(c for c in text if c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160))
