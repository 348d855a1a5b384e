"""`tfkd certify`: the confidence below which a run's file asks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .command_parsers import add_command
from .console import console
from .importing import import_tensorflow


def add_certify(subparsers: Any) -> None:
    """Add the command to the command line."""
    command = add_command(
        subparsers, "certify", certify_file, "let a run's file ask where it may be wrong"
    )
    command.add_argument("run", type=Path, help="folder of a run")
    command.add_argument(
        "--risk",
        type=float,
        default=2.0,
        help="how many of 100 answers may differ, with 95 %% confidence (default: 2)",
    )
    command.add_argument(
        "--against",
        choices=("teacher", "labels"),
        default="teacher",
        help="what an answer must not differ from (default: teacher)",
    )
    command.add_argument(
        "--data", type=Path, metavar="FILE", help="held-out texts in place of the test split"
    )
    command.add_argument(
        "--file", type=Path, help="another .tflite of the run (default: its student.tflite)"
    )


def certify_file(args: argparse.Namespace) -> None:
    """Find the confidence below which a file asks, write it into the file, and show it."""
    import_tensorflow()
    from ..running.certifying import certify

    certified = certify(
        args.run,
        risk=args.risk,
        against=args.against,
        data=args.data,
        file=args.file,
        progress=console.progress,
    )
    print(f"{certified.table()}\n\n{certified.summary()}")
    if certified.left_out:
        print(f"{certified.left_out:,} texts were left out: the run was trained or tuned on them.")
