"""`tfkd select`: which texts to have answered by a teacher that costs money. No TensorFlow here."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..selecting import SelectSettings, select
from .command_parsers import ALSO, add_command
from .console import console


def add_select(subparsers: Any) -> None:
    """Add the command to the command line."""
    command = add_command(
        subparsers, "select", select_texts, "choose the texts that are worth asking a teacher for"
    )
    known = SelectSettings()
    command.add_argument("texts", type=Path, help="a file of texts: .txt, .csv, .jsonl, .xlsx, ...")
    command.add_argument(
        "--n", type=int, required=True, help="texts to take, those for the audit included"
    )
    command.add_argument("--to", type=Path, required=True, help="the .jsonl, .csv or .tsv to write")
    command.add_argument(
        "--encoder", default="", help="a .tflite that gives vectors, or its run (default: words)"
    )
    command.add_argument(
        "--student",
        default="",
        help="the student so far, a .tflite or its run: take what it is unsure of",
    )
    command.add_argument(
        "--answered",
        action="append",
        default=[],
        metavar="FOLDER",
        help="of `tfkd label`, or a file of texts: not chosen again; may be given several times",
    )
    command.add_argument(
        "--audit",
        type=float,
        default=known.audit,
        help="share that is drawn at random, into a file of its own (default: 0.1)",
    )
    command.add_argument("--seed", type=int, default=known.seed, help="of what is drawn")
    command.add_argument(
        "--near",
        type=float,
        default=known.near,
        help="cosine of texts that are nearly the same (default: 0.95)",
    )
    command.add_argument("--text-column", default="", help="column of the text; of pairs both, A,B")
    command.add_argument(
        "--header", *ALSO["header"], default="", help="columns of a file without a header"
    )
    command.add_argument(
        "--encoding", default="", help="encoding of a file that is not UTF-8 or UTF-16"
    )
    command.add_argument("--skip-bad", action="store_true", help="leave out rows with errors")
    command.add_argument("--threads", type=int, default=known.threads, help="CPU threads")


def select_texts(args: argparse.Namespace) -> None:
    """Choose texts, and say what was left out."""
    settings = {field.name: getattr(args, field.name) for field in fields(SelectSettings)}
    found = select(args.texts, n=args.n, to=args.to, progress=console.progress, **settings)
    print(found.describe())
