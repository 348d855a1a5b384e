"""`tfkd index` and `tfkd search`: texts as vectors in one file, and the nearest ones of a question.

No TensorFlow here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .. import tasks
from ..data.file_kinds import FileForm, parse_header
from ..errors import UserError
from ..files import describe_size
from ..runtime import Index, Predictor, load
from ..runtime.watchdog import no_endless_loop
from ..text.batching import chunks
from .answer_files import check_records
from .command_parsers import ALSO, add_command
from .predicting import Record, RecordReader
from .unused_flags import check_search

_FOUND = 3
_BATCH = 32


def add_index(subparsers: Any) -> None:
    """Add `tfkd index` to the command line."""
    command = add_command(
        subparsers,
        "index",
        index_texts,
        "write vectors of texts to a file to search",
    )
    command.add_argument("file", type=Path, help="a .tflite that gives vectors, or a run's folder")
    command.add_argument("texts", type=Path, help="a file of texts: .txt, .csv, .jsonl, .xlsx, ...")
    command.add_argument("--to", type=Path, required=True, help="the index to write")
    command.add_argument("--text-column", help="name of the column with the text")
    command.add_argument("--header", *ALSO["header"], help="columns of a file without a header")
    command.add_argument("--encoding", help="encoding of a file that is not UTF-8 or UTF-16")
    command.add_argument("--skip-bad", action="store_true", help="leave out rows with errors")
    command.add_argument("--threads", type=int, default=1, help="CPU threads")


def add_search(subparsers: Any) -> None:
    """Add `tfkd search` to the command line."""
    command = add_command(
        subparsers, "search", search_texts, "find the texts of an index that are nearest to others"
    )
    command.add_argument("index", type=Path, help="an index of `tfkd index`")
    command.add_argument("file", type=Path, help="the .tflite that made it, or the run's folder")
    command.add_argument("text", nargs="*", help="texts; without any, or for -, the lines of stdin")
    command.add_argument("--k", type=int, help=f"texts to find (default: {_FOUND})")
    command.add_argument("--json", action="store_true", help="print one JSON object a line")
    command.add_argument(
        "--jsonl", action="store_true", help="read and print one JSON object a line"
    )
    command.add_argument("--text-column", help="key of the JSON objects")
    command.add_argument("--threads", type=int, default=1, help="CPU threads")


def index_texts(args: argparse.Namespace) -> None:
    """Write an index of the rows of a file, each with all of its columns."""
    if args.to.is_dir() or not args.to.parent.is_dir():
        raise UserError(f"--to {args.to}: there is no folder {args.to.parent}, or this is one.")
    if args.to.exists() and args.texts.exists() and args.to.samefile(args.texts):
        raise UserError(f"--to {args.to} is the file that is read: write another one.")
    with no_endless_loop(str(args.file)) as expect:
        predictor = _open(args)
        reader = _reader(args)
        reading = FileForm(parse_header(args.header), args.encoding or "")
        read = check_records(args.texts, reader, reading, skip_bad=args.skip_bad)
        records = [record for record in read if not reader.is_blank(record)]
        expect(len(records))
        texts = [reader.fields(record)["text"] for record in records]
        made = Index.of(predictor, texts, records)
    made.save(args.to)
    print(
        f"{args.to}: {len(made):,} texts, {made.dimensions} dimensions, "
        f"{describe_size(args.to.stat().st_size)}"
    )


def search_texts(args: argparse.Namespace) -> None:
    """Print the nearest rows of an index for each text."""
    check_search(args)
    with no_endless_loop(str(args.file)) as expect:
        index, predictor = Index.load(args.index), _open(args)
        index.check(predictor)
        count = min(_FOUND, len(index)) if args.k is None else args.k
        reader = _reader(args)
        size = _BATCH if args.text else 1
        for some in chunks(_questions(args, reader), size):
            expect(len(some))
            texts = [reader.fields(record)["text"] for record in some]
            scores, places = index.search(predictor.embed(texts), count)
            for record, text, *found in zip(some, texts, scores, places, strict=True):
                _print(record, text, _found(index, *found), as_json=args.json or args.jsonl)


def _open(args: argparse.Namespace) -> Predictor:
    """Open the file, or that of a run, which has to give vectors."""
    file = args.file / "student.tflite" if args.file.is_dir() else args.file
    predictor = load(file, threads=args.threads)
    # Of a file without vectors, this says so.
    predictor.embed([])
    return predictor


def _reader(args: argparse.Namespace) -> RecordReader:
    """Return what reads single texts, whatever else the file could read."""
    return RecordReader(tasks.find(tasks.DEFAULT), None, args.text_column)


def _questions(args: argparse.Namespace, reader: RecordReader) -> Iterator[Record]:
    if args.text:
        return reader.from_texts(args.text)
    records = (reader.from_json if args.jsonl else reader.from_lines)(sys.stdin)
    return (record for record in records if not reader.is_blank(record))


def _found(index: Index, scores: Iterable[float], places: Iterable[int]) -> list[dict[str, Any]]:
    return [
        {"score": round(float(score), 4), "place": int(place), "entry": index.entries[place]}
        for score, place in zip(scores, places, strict=True)
    ]


def _print(record: Record, text: str, found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**record, "found": found}, ensure_ascii=False), flush=True)
        return
    print(text)
    for each in found:
        entry = each["entry"]
        shown = " | ".join(map(str, entry.values())) if isinstance(entry, dict) else str(entry)
        print(f"  {each['score']:.4f}  {' '.join(shown.split())[:120]}", flush=True)
