"""All commands of the command line, and their flags."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .. import __version__
from ..running.config import places
from ..runtime.quantisations import AUTO, QUANTIZE
from . import commands, distilling
from .certify_command import add_certify
from .flags import ALSO, OF_CACHE, OF_LABEL, OF_TEACH, add_command, add_settings
from .searching import add_index, add_search
from .stream_watching import add_watch
from .student_search import add_search_students
from .typed_out import add_decoding

COMMANDS = (
    *("distill", "search-students", "teach", "label", "cache", "compare", "certify", "export"),
    *("predict", "watch", "index", "search", "bench", "demo", "recipes", "list"),
)
PRECISIONS = ("auto", "float32", "bfloat16", "int8")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; the flags of `distill` are the settings of a run."""
    top = argparse.ArgumentParser(
        prog="tfkd", description="Distil a large model into a small, verified LiteRT file."
    )
    top.add_argument("--version", action="version", version=f"tfkd {__version__}")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    for add in (
        *(_add_distill, add_search_students, _add_teach, _add_label, _add_cache),
        *(_add_compare, add_certify, _add_export, _add_predict, add_watch, add_index, add_search),
        *(_add_bench, _add_demo, _add_recipes, _add_list),
    ):
        add(subparsers)
    return top


def _add_distill(subparsers: Any) -> None:
    command = add_command(
        subparsers, "distill", distilling.distill, "train a small student from a teacher"
    )
    command.add_argument("data", help="imdb, sample, a file, a folder, or a run's .toml")
    add_settings(command, [name for name in places() if name != "data"])
    command.add_argument(
        "--recipe", default=argparse.SUPPRESS, help="settings of a paper, see `tfkd recipes`"
    )


def _add_teach(subparsers: Any) -> None:
    command = add_command(
        subparsers, "teach", commands.teach, "train or fine-tune a teacher and save it"
    )
    command.add_argument("data", help="imdb, sample, a file or a folder")
    add_settings(command, OF_TEACH)


def _add_label(subparsers: Any) -> None:
    command = add_command(
        subparsers, "label", commands.label, "ask a language model for the classes of texts, once"
    )
    command.add_argument("data", help="imdb, sample, a file or a folder")
    add_settings(command, OF_LABEL)
    command.add_argument(
        "--dry-run", action="store_true", help="say what it takes at most, and send nothing"
    )


def _add_cache(subparsers: Any) -> None:
    command = add_command(
        subparsers, "cache", commands.cache, "store a teacher's outputs, once for all runs"
    )
    command.add_argument("data", nargs="?", help="imdb, sample, a file or a folder")
    add_settings(command, OF_CACHE)
    command.add_argument(
        "--dtype", choices=("float16", "float32"), default="float16", help="type of stored numbers"
    )
    command.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="precision of the teacher"
    )
    command.add_argument(
        "--top-k", type=int, help="store the K largest logits and the mass of the others"
    )
    command.add_argument("--shard", default="1/1", help="2/8: the second of eight writers")
    command.add_argument(
        "--runner", choices=("here", "beam"), default="here", help="compute here, or by Apache Beam"
    )
    command.add_argument("--parts", type=int, default=0, help="with beam: number of units of work")
    command.add_argument(
        "--beam", action="append", default=[], metavar="OPTION", help="option of Beam, --beam=--x=y"
    )
    command.add_argument(
        "--verify", type=Path, metavar="STORE", help="read and check every byte of a store"
    )
    command.add_argument(
        "--repair", type=Path, metavar="STORE", help="compute the broken shards of a store again"
    )


def _add_compare(subparsers: Any) -> None:
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


def _add_export(subparsers: Any) -> None:
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


def _add_predict(subparsers: Any) -> None:
    command = add_command(
        subparsers, "predict", commands.predict, "answer texts with an exported file"
    )
    command.add_argument("file", type=Path, help="a .tflite, or the folder of a run or a desk")
    command.add_argument(
        "text", nargs="*", help="texts, or files of texts; without any, the lines of stdin"
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


def _add_bench(subparsers: Any) -> None:
    command = add_command(
        subparsers, "bench", commands.bench, "time exported files, without TensorFlow"
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


def _add_demo(subparsers: Any) -> None:
    command = add_command(subparsers, "demo", commands.demo, "show a file at work in the browser")
    command.add_argument("file", type=Path, help="a .tflite, or the folder of a run or a desk")
    command.add_argument(
        "--answers",
        type=Path,
        help="answers of a teacher, from `tfkd predict --jsonl`, for a file for MediaPipe",
    )
    command.add_argument("--port", type=int, default=8000, help="on 127.0.0.1; 0 for a free one")


def _add_recipes(subparsers: Any) -> None:
    command = add_command(
        subparsers, "recipes", commands.recipes, "list the recipes, or show one as TOML"
    )
    command.add_argument("name", nargs="?", help="name of a recipe")


def _add_list(subparsers: Any) -> None:
    command = add_command(
        subparsers,
        "list",
        commands.list_names,
        "list data, tasks, teachers, students and settings",
    )
    command.add_argument(
        "topic", nargs="?", default="", help="data, tasks, teachers, students or settings"
    )
