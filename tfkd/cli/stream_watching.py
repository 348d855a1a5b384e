"""`tfkd watch`: a stream of texts in, windows and alarms out. No TensorFlow here."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..progress import logger
from ..runtime.watchdog import no_endless_loop
from ..watching import WatchSettings, watch
from ..watching.watch_page import check_page, write_watch_page
from ..watching.watch_summary import summarize_watch
from .command_parsers import add_command

_KEYS = {"text_column": "text", "time_column": "time", "topic_column": "topic"}
_SETTINGS = ("window", "run_length", "change", "reference", "late", "zone")


def add_watch(subparsers: Any) -> None:
    """Add the command to the command line."""
    command = add_command(
        subparsers,
        "watch",
        watch_stream,
        "raise an alarm where the share of a class in a stream changes",
    )
    known = WatchSettings()
    command.add_argument("stream", help="lines of JSON with time, text and topic; - for stdin")
    command.add_argument(
        "--model", required=True, type=Path, help="a .tflite, or the folder of a run"
    )
    command.add_argument(
        "--to", type=Path, help="append windows and alarms here, and go on from here"
    )
    command.add_argument("--page", type=Path, help="write an .html page with plots")
    command.add_argument(
        "--window", default=known.window, help="of rates: 90s, 30m, 1h, 7d, or a number of texts"
    )
    command.add_argument(
        "--run-length",
        type=float,
        default=known.run_length,
        help="texts in the mean between two false alarms, at least (default: 10000)",
    )
    command.add_argument(
        "--change",
        type=float,
        default=known.change,
        help="smallest change that matters, in times the odds of a class (default: 2)",
    )
    command.add_argument(
        "--reference",
        type=int,
        default=known.reference,
        help="texts of a topic that tell its rates before a change (default: 300)",
    )
    command.add_argument(
        "--late", default="", help="how much older than the newest a text may be, such as 1h"
    )
    command.add_argument(
        "--zone", default="", help="of times without one, such as Europe/Berlin (default: UTC)"
    )
    for name, default in _KEYS.items():
        flag = f"--{name.replace('_', '-')}"
        command.add_argument(
            flag, default=default, help=f"key of the {default} (default: {default})"
        )
    command.add_argument(
        "--follow", action="store_true", help="wait for more lines of a file, until Ctrl-C"
    )


def watch_stream(args: argparse.Namespace) -> None:
    """Watch a stream, then show what was seen, and draw it."""
    settings = WatchSettings(
        **{name: getattr(args, name) for name in _SETTINGS},
        **{key: getattr(args, name) for name, key in _KEYS.items()},
    )
    if args.page:
        check_page(args.page, args.to)
    model = args.model / "student.tflite" if args.model.is_dir() else args.model
    with _log_to_stderr(), no_endless_loop(str(model)) as expect:
        seen = watch(
            args.stream,
            model,
            to=args.to,
            settings=settings,
            follow=args.follow,
            before_batch=expect,
        )
    for line in summarize_watch(seen):
        # Lines of JSON that are printed are read by programs.
        print(line, file=sys.stdout if args.to else sys.stderr)
    if args.page:
        write_watch_page(args.page, args.to, seen, settings)
        print(f"page      {args.page}")


@contextmanager
def _log_to_stderr() -> Iterator[None]:
    """Keep what the library logs out of stdout within the block."""
    before, logger.handlers = logger.handlers, [logging.StreamHandler(sys.stderr)]
    try:
        yield
    finally:
        logger.handlers = before
