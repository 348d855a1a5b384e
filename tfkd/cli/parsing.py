"""All commands of the command line, and their flags."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from .. import __version__
from ..running.config import RunConfig
from ..runtime.quantisations import AUTO, QUANTIZE
from . import commands, flags

PRECISIONS = ("auto", "float32", "bfloat16", "int8")


def parser() -> argparse.ArgumentParser:
    """All commands and flags; the flags of `distill` are the fields of `RunConfig`."""
    top = argparse.ArgumentParser(
        prog="tfkd", description="Distil a large text classifier into a small LiteRT file."
    )
    top.add_argument("--version", action="version", version=f"tfkd {__version__}")
    rooms = top.add_subparsers(required=True, metavar="COMMAND")

    distill = flags.command(
        rooms, "distill", commands.distill, "train a small student from a teacher"
    )
    distill.add_argument("data", help="imdb, sample, a file, a folder, or a run's .toml")
    flags.settings(distill, [f.name for f in dataclasses.fields(RunConfig) if f.name != "data"])
    distill.add_argument(
        "--recipe", default=argparse.SUPPRESS, help="settings of a paper, see `tfkd recipes`"
    )

    teach = flags.command(
        rooms, "teach", commands.teach, "train or fine-tune a teacher and save it"
    )
    teach.add_argument("data", help="imdb, sample, a file or a folder")
    flags.settings(teach, flags.OF_TEACH)

    cache = flags.command(
        rooms, "cache", commands.cache, "store a teacher's outputs, once for all runs"
    )
    cache.add_argument("data", nargs="?", help="imdb, sample, a file or a folder")
    flags.settings(cache, flags.OF_CACHE)
    cache.add_argument("--dtype", choices=("float16", "float32"), default="float16")
    cache.add_argument("--precision", choices=PRECISIONS, default="auto", help="of the teacher")
    cache.add_argument(
        "--top-k", type=int, help="of the logits, the K largest and the others' mass"
    )
    cache.add_argument("--shard", default="1/1", help="2/8: the second of eight writers")
    cache.add_argument("--runner", choices=("here", "beam"), default="here", help="who computes")
    cache.add_argument("--parts", type=int, default=0, help="for beam: units of work")
    cache.add_argument(
        "--beam", action="append", default=[], metavar="OPTION", help="Beam's own, --beam=--x=y"
    )
    cache.add_argument("--verify", type=Path, metavar="STORE", help="read every byte of a store")
    cache.add_argument("--repair", type=Path, metavar="STORE", help="compute broken shards again")

    compare = flags.command(rooms, "compare", commands.compare, "show the reports of runs")
    compare.add_argument("run", nargs="+", type=Path, help="a run's folder")
    compare.add_argument("--format", choices=("table", "markdown", "json"), default="table")
    compare.add_argument("--again", action="store_true", help="measure once more, and save that")
    compare.add_argument("--html", type=Path, metavar="PAGE", help="write a page with plots")
    compare.add_argument("--texts", type=int, default=0, help="of the page: test texts at most")

    export = flags.command(
        rooms, "export", commands.export, "write a verified file of a run's student"
    )
    export.add_argument("run", type=Path, help="a run's folder")
    export.add_argument("--to", type=Path, help="the .tflite, .keras, .onnx or SavedModel folder")
    export.add_argument(
        "--quantize", choices=(*QUANTIZE, AUTO), help="of a .tflite; auto: the smallest that passes"
    )
    export.add_argument("--max-drop", type=float, help="points of accuracy that may be lost")
    export.add_argument(
        "--tokenizer", action="store_true", help="inside of a SavedModel, which then takes texts"
    )
    export.add_argument("--client", choices=("mediapipe",), help="that runs the .tflite as it is")

    predict = flags.command(
        rooms, "predict", commands.predict, "classify texts with an exported file"
    )
    predict.add_argument("file", type=Path, help="a .tflite, or a run's folder")
    predict.add_argument("text", nargs="*", help="texts; without any, the lines of stdin")
    predict.add_argument("--json", action="store_true", help="answers as JSON, one object a line")
    predict.add_argument(
        "--jsonl", action="store_true", help="the lines are JSON, and so are answers"
    )
    predict.add_argument("--text-column", help="of the JSON objects")
    predict.add_argument(
        "--column", action="append", default=[], metavar="ROLE=NAME", help="of the JSON objects"
    )
    predict.add_argument("--task", help="of the file if not installed: package.module:Class")
    predict.add_argument("--batch-size", type=int, default=1, help="texts answered together")
    predict.add_argument("--threads", type=int, default=1)

    bench = flags.command(rooms, "bench", commands.bench, "time exported files, without TensorFlow")
    bench.add_argument(
        "file", nargs="+", type=Path, help="a .tflite; the others are compared to it"
    )
    bench.add_argument("--texts", type=Path, help="a file with one text a line")
    bench.add_argument("--threads", nargs="+", type=int, default=[1], help="e.g. --threads 1 4")
    bench.add_argument("--json", action="store_true", help="the numbers as JSON")
    bench.add_argument("--task", help="of the files if not installed: package.module:Class")

    demo = flags.command(rooms, "demo", commands.demo, "show a file for MediaPipe in the browser")
    demo.add_argument("file", type=Path, help="a .tflite of `tfkd export --client mediapipe`")
    demo.add_argument("--answers", type=Path, help="a teacher's, from `tfkd predict --jsonl`")
    demo.add_argument("--port", type=int, default=8000, help="on 127.0.0.1; 0 for a free one")

    recipe = flags.command(
        rooms, "recipes", commands.recipes, "list the recipes, or show one as TOML"
    )
    recipe.add_argument("name", nargs="?", help="of a recipe")

    flags.command(rooms, "list", commands.list_names, "list data, teachers, students and settings")
    return top
