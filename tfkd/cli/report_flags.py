"""The commands that look at finished runs, and those that list what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..runtime.quantisations import AUTO, QUANTIZE
from . import commands
from .command_parsers import add_command


def add_compare(subparsers: Any) -> None:
    """Add `tfkd compare` to the command line."""
    command = add_command(subparsers, "compare", commands.compare, "show the reports of runs")
    command.add_argument("run", nargs="+", type=Path, help="folder of a run")
    command.add_argument(
        "--format", choices=("table", "markdown", "json"), default="table", help="how to print them"
    )
    command.add_argument("--again", action="store_true", help="measure again, and save the report")
    command.add_argument(
        "--by", default="", metavar="COLUMN", help="scores by the values of a column of the data"
    )
    command.add_argument("--html", type=Path, metavar="PAGE", help="write a page with plots")
    command.add_argument(
        "--texts", type=int, default=0, help="use at most this many test texts for the page"
    )
    command.add_argument("--title", default="", help="heading of the page")
    command.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="SECTION",
        help="leave this section out of the page: differences, coverage, slices, robustness, "
        "fairness, words",
    )


def add_export(subparsers: Any) -> None:
    """Add `tfkd export` to the command line."""
    command = add_command(
        subparsers, "export", commands.export, "write a verified file of a run's student"
    )
    command.add_argument("run", type=Path, help="folder of a run")
    command.add_argument("--to", type=Path, help="the .tflite, .keras, .onnx or SavedModel folder")
    command.add_argument(
        "--quantize",
        choices=(*QUANTIZE, AUTO),
        help="quantisation of a .tflite; auto: the smallest that passes",
    )
    command.add_argument("--max-drop", type=float, help="points of accuracy that may be lost")
    command.add_argument(
        "--tokenizer", action="store_true", help="put the tokenizer into a SavedModel: texts in"
    )
    command.add_argument(
        "--client", choices=("mediapipe",), help="write the .tflite for this client library"
    )


def add_recipes(subparsers: Any) -> None:
    """Add `tfkd recipes` to the command line."""
    command = add_command(
        subparsers, "recipes", commands.recipes, "list the recipes, or show one as TOML"
    )
    command.add_argument("name", nargs="?", help="name of a recipe")


def add_list(subparsers: Any) -> None:
    """Add `tfkd list` to the command line."""
    command = add_command(
        subparsers,
        "list",
        commands.list_names,
        "list data, tasks, teachers, students and settings",
    )
    command.add_argument(
        "topic", nargs="?", default="", help="data, tasks, teachers, students or settings"
    )
