"""The commands that run an exported file, without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import file_commands
from .command_parsers import ALSO, add_command
from .typed_out import add_decoding


def add_predict(subparsers: Any) -> None:
    """Add `tfkd predict` to the command line."""
    command = add_command(
        subparsers, "predict", file_commands.predict, "answer texts with an exported file"
    )
    command.add_argument("file", type=Path, help="a .tflite, or the folder of a run or a desk")
    command.add_argument(
        "text",
        nargs="*",
        help="texts, or files of texts; without any, or for -, lines of stdin",
    )
    command.add_argument(
        "--pair",
        nargs=2,
        action="append",
        default=[],
        metavar=("A", "B"),
        help="two texts, for a file that reads pairs; may be given several times",
    )
    command.add_argument(
        "--why", action="store_true", help="list the n-grams behind each answer of an ngram_linear"
    )
    command.add_argument("--json", action="store_true", help="print one JSON object a line")
    command.add_argument(
        "--jsonl", action="store_true", help="read and print one JSON object a line"
    )
    command.add_argument(
        "--to", type=Path, help="write the rows of a file with their answers: .csv, .tsv or .jsonl"
    )
    command.add_argument(
        "--text-column", help="column of a file, or key of the JSON objects; of pairs both, A,B"
    )
    command.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="column or key of a role of the task",
    )
    command.add_argument("--header", *ALSO["header"], help="columns of a file without a header")
    command.add_argument("--encoding", help="encoding of a file that is not UTF-8 or UTF-16")
    command.add_argument("--skip-bad", action="store_true", help="leave out rows with errors")
    command.add_argument(
        "--task", help="import path of the task's class, package.module:Class, if not installed"
    )
    command.add_argument(
        "--batch-size", type=int, help="texts answered together (default: 1; of a file 32)"
    )
    command.add_argument("--threads", type=int, default=1, help="CPU threads")
    add_decoding(command)


def add_bench(subparsers: Any) -> None:
    """Add `tfkd bench` to the command line."""
    command = add_command(
        subparsers, "bench", file_commands.bench, "time exported files, without TensorFlow"
    )
    command.add_argument(
        "file",
        nargs="+",
        type=Path,
        help="a .tflite, or the folder of a run or a desk; others are compared with the first",
    )
    command.add_argument("--texts", type=Path, help="a file with one text a line")
    command.add_argument("--threads", nargs="+", type=int, default=[1], help="e.g. --threads 1 4")
    command.add_argument("--json", action="store_true", help="print the numbers as JSON")
    command.add_argument(
        "--task", help="import path of the task's class, package.module:Class, if not installed"
    )


def add_demo(subparsers: Any) -> None:
    """Add `tfkd demo` to the command line."""
    command = add_command(
        subparsers, "demo", file_commands.demo, "show a file at work in the browser"
    )
    command.add_argument("file", type=Path, help="a .tflite, or the folder of a run or a desk")
    command.add_argument(
        "--answers",
        type=Path,
        help="answers of a teacher, from `tfkd predict --jsonl`, for a file for MediaPipe",
    )
    command.add_argument("--port", type=int, default=8000, help="on 127.0.0.1; 0 for a free one")
