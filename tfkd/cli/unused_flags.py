"""Flags that would say nothing, which are refused in a sentence. No TensorFlow here."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError

_OF_PAGE = ("texts", "title", "without")
_OF_ROWS = ("text_column", "column")
_OF_FILES = ("header", "encoding", "skip_bad", *_OF_ROWS)


def spell(name: str) -> str:
    """Return a flag by the name of its value.

    >>> spell("text_column")
    '--text-column'
    """
    return f"--{name.replace('_', '-')}"


def check_predict(args: argparse.Namespace, files: Sequence[Path], *, reads_texts: bool) -> None:
    """Refuse flags of `tfkd predict` that its file or what it answers has no use for.

    Args:
        args: Its flags.
        files: Of texts; none where texts are given.
        reads_texts: Whether the exported file does.

    Raises:
        UserError: Texts beside files, flags about rows without any, or answers to two places.
    """
    if files and args.pair:
        raise UserError(f"--pair gives two texts, and {files[0]} is a file: give one of them.")
    if args.pair and not reads_texts:
        raise UserError(f"--pair gives two texts, and {args.file} reads none: leave it out.")
    if args.to and (args.json or args.jsonl):
        flag = "--jsonl" if args.jsonl else "--json"
        raise UserError(
            f"{flag} prints the answers, and --to writes them to {args.to}: give one of them."
        )
    reads_json = args.jsonl and not (args.text or args.pair)
    for name in () if files else _OF_FILES:
        if getattr(args, name) and not (reads_json and name in _OF_ROWS):
            also = ", or --jsonl and lines of stdin" if name in _OF_ROWS else ""
            raise UserError(
                f"{spell(name)} is about the rows of a file of texts, and none is given: name "
                f"one, such as reviews.csv{also}."
            )


def check_search(args: argparse.Namespace) -> None:
    """Refuse the name of a key where `tfkd search` has no JSON.

    Args:
        args: Its flags.

    Raises:
        UserError: There is none.
    """
    if args.text_column and not (args.json or args.jsonl):
        raise UserError(
            "--text-column is the key of JSON objects, and none are read or printed: give "
            "--jsonl too, or leave it out."
        )


def check_compare(args: argparse.Namespace) -> None:
    """Refuse flags of the page without one, and the form of printed reports beside one.

    Args:
        args: Those of `tfkd compare`.

    Raises:
        UserError: Such a flag.
    """
    for name in _OF_PAGE:
        if getattr(args, name) and not args.html:
            raise UserError(f"{spell(name)} is for the page: give its file too, --html page.html.")
    if args.html and args.format != "table":
        raise UserError(
            f"--format {args.format} is for reports that are printed, and --html writes a page: "
            "give one of them."
        )


def check_cache(
    args: argparse.Namespace, settings: Iterable[str], defaults: Mapping[str, Any]
) -> None:
    """Refuse what `tfkd cache` has no use for: a store that is there knows all of its own.

    Args:
        args: Its flags.
        settings: The flags of settings that were given.
        defaults: The other flags of a store that is written, by name.

    Raises:
        UserError: Two commands in one, or a flag of another one.
    """
    given = [spell(name) for name, usual in defaults.items() if getattr(args, name) != usual]
    for command in ("verify", "repair"):
        store = getattr(args, command)
        if store and args.verify and args.repair:
            raise UserError("--verify and --repair are two commands: give one after the other.")
        if store and (args.data or given or [*settings]):
            flag = args.data or [*settings, *given][0]
            raise UserError(
                f"--{command} takes all that it needs from the store {store}, and so has no use "
                f"for {flag}: leave it out."
            )
    if args.runner != "beam" and (args.parts or args.beam):
        flag = "--parts" if args.parts else "--beam"
        raise UserError(f"{flag} is for Apache Beam: give --runner beam too, or leave it out.")
    if args.runner == "beam" and "--shard" in given:
        raise UserError("--shard is for writers without Beam, which takes --parts: leave it out.")
