"""The command line: what starts a command, and what it ends with."""

from __future__ import annotations

import argparse
import codecs
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import LostWorker, UserError
from ..training.backup.preemption import EXIT_PREEMPTED, Preempted, raise_on_sigterm
from .console import catch_interrupts, console
from .parsing import COMMANDS, parser

EXIT_WRONG_INPUT, EXIT_INTERRUPTED, EXIT_CLOSED_PIPE = 2, 130, 141
_ESCAPE = "tfkd.escape"
"""Writes what an encoding lacks as JSON does, so that lines of JSON stay lines of JSON."""


def main(argv: list[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        argv: The words of the command line; those of the process by default.

    Returns:
        0; 2 for wrong input; 75 if SIGTERM or a lost worker ended the command, and the same command
        goes on from there; 130 for Ctrl-C; 141 for a closed pipe.
    """
    # TensorFlow reads this when it is imported, later.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _set_encodings()
    args = argparse.Namespace()
    try:
        try:
            with catch_interrupts(), raise_on_sigterm(), console.show_log():
                # Texts may stand after a flag too: `predict FILE --json TEXT`.
                words = sys.argv[1:] if argv is None else argv
                _refuse_unknown_command(words)
                top = parser(words)
                args, rest = top.parse_known_args(argv)
                if rest and ("text" not in args or any(word.startswith("-") for word in rest)):
                    top.error(f"unrecognized arguments: {' '.join(rest)}")
                if rest:
                    args.text += rest
                # As other programs read stdin.
                if getattr(args, "text", None) == ["-"]:
                    args.text = []
                args.command(args)
        finally:
            sys.stdout.flush()  # a closed pipe may show only here
        return 0
    except UserError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # The exit code of a program that SIGPIPE ended, as in `yes | head`.
        # What is still buffered goes nowhere; else Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLOSED_PIPE
    except OSError as error:
        # A full disk has no name; what was to be written there has one.
        where = error.filename or getattr(args, "to", "") or getattr(args, "store", "")
        return _fail(
            f"{error.strerror or str(error).splitlines()[0]} ({where or Path.cwd()}): what was "
            "finished is kept; fix this and give the same command again."
        )
    except Preempted as stopped:
        print(stopped, file=sys.stderr)
        return EXIT_PREEMPTED
    except LostWorker as error:
        print(f"tfkd: {error}", file=sys.stderr)
        return EXIT_PREEMPTED
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here.", file=sys.stderr)
        return EXIT_INTERRUPTED


def _set_encodings() -> None:
    """Read UTF-8 alone, and write what a stream's encoding lacks as escapes, in any locale."""
    codecs.register_error(_ESCAPE, _escape)
    _reconfigure(sys.stdin, encoding="utf-8", errors="strict")
    for stream in (sys.stdout, sys.stderr):
        encoding = getattr(stream, "encoding", None) or "utf-8"
        if codecs.lookup(encoding).name != "utf-8":
            _reconfigure(stream, errors=_ESCAPE)


def _reconfigure(stream: Any, **settings: str) -> None:
    # A stream that was replaced, closed or read from before stays what it is.
    with suppress(AttributeError, ValueError):
        stream.reconfigure(**settings)


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Return what stands for characters that cannot be written, and where to go on.

    >>> _escape(UnicodeEncodeError("ascii", "a film é", 7, 8, ""))
    ('\\u00e9', 8)
    """
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _refuse_unknown_command(words: Sequence[str]) -> None:
    """Refuse a command that does not exist, where one of almost this name does."""
    word = words[0] if words else ""
    near = get_close_matches(word, COMMANDS, n=1) if word not in COMMANDS else []
    if near and not word.startswith("-"):
        raise UserError(f"no command is called {word!r} (did you mean {near[0]}?).")


def _fail(sentence: str) -> int:
    print(f"tfkd: {sentence}", file=sys.stderr)
    return EXIT_WRONG_INPUT
