"""The commands whose flags are the settings of a run, and what is stored for one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..running.config import places
from . import commands, distilling
from .command_parsers import add_command
from .flags import OF_CACHE, OF_LABEL, OF_TEACH, add_settings

PRECISIONS = ("auto", "float32", "bfloat16", "int8", "onnx")


def add_distill(subparsers: Any) -> None:
    """Add `tfkd distill` to the command line."""
    command = add_command(
        subparsers, "distill", distilling.distill, "train a small student from a teacher"
    )
    command.add_argument(
        "data",
        nargs="?",
        default="",
        help="imdb, sample, a file, a folder, or a run's .toml; none with --texts",
    )
    add_settings(command, [name for name in places() if name != "data"])
    command.add_argument(
        "--recipe", default=argparse.SUPPRESS, help="settings of a paper, see `tfkd recipes`"
    )


def add_teach(subparsers: Any) -> None:
    """Add `tfkd teach` to the command line."""
    command = add_command(
        subparsers, "teach", commands.teach, "train or fine-tune a teacher and save it"
    )
    command.add_argument("data", help="imdb, sample, a file or a folder")
    add_settings(command, OF_TEACH)


def add_label(subparsers: Any) -> None:
    """Add `tfkd label` to the command line."""
    command = add_command(
        subparsers, "label", commands.label, "ask a language model for the classes of texts, once"
    )
    command.add_argument("data", help="imdb, sample, a file or a folder")
    add_settings(command, OF_LABEL)
    command.add_argument(
        "--dry-run", action="store_true", help="say what it takes at most, and send nothing"
    )


def add_cache(subparsers: Any) -> None:
    """Add `tfkd cache` to the command line."""
    command = add_command(
        subparsers, "cache", commands.cache, "store a teacher's outputs, once for all runs"
    )
    command.add_argument("data", nargs="?", help="imdb, sample, a file or a folder")
    add_settings(command, OF_CACHE)
    command.add_argument("--dtype", choices=("float16", "float32"), help="type of stored numbers")
    command.add_argument(
        "--precision",
        choices=PRECISIONS,
        help="of the teacher; onnx: float32 by ONNX Runtime",
    )
    command.add_argument(
        "--top-k", type=int, help="store the K largest logits and the mass of the others"
    )
    command.add_argument("--shard", help="2/8: the second of eight writers")
    command.add_argument(
        "--runner", choices=("here", "beam"), help="compute here, or by Apache Beam"
    )
    command.add_argument("--parts", type=int, help="with beam: number of units of work")
    command.add_argument(
        "--beam", action="append", metavar="OPTION", help="option of Beam, --beam=--x=y"
    )
    command.add_argument(
        "--verify", type=Path, metavar="STORE", help="read and check every byte of a store"
    )
    command.add_argument(
        "--repair", type=Path, metavar="STORE", help="compute the broken shards of a store again"
    )
    command.set_defaults(**commands.OF_WRITING)
