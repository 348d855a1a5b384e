"""`tfkd predict` and `tfkd bench` of a service desk, whose two files and index answer together."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..runtime import ServiceDesk, bench
from ..runtime.service_desk import DeskReply
from .predicting import number_lines
from .unused_flags import spell

_OF_FILES = (
    *("pair", "jsonl", "to", "text_column", "column", "header", "encoding", "skip_bad"),
    *("task", "batch_size"),
)


def predict(args: argparse.Namespace) -> None:
    """Print the replies to questions of the command line, or of the lines of stdin.

    Raises:
        UserError: No finished desk, flags that are for files of one task, an empty question.
    """
    for name in _OF_FILES:
        value = getattr(args, name)
        if value not in (None, []) and value is not False:
            raise UserError(
                f"{spell(name)} is for files of one task, and {args.file} is a "
                "service desk: give questions, or lines of stdin, and perhaps --json."
            )
    desk = ServiceDesk.load(args.file, threads=args.threads)
    typed = (line.strip() for _, line in number_lines(sys.stdin, "stdin"))
    lines: Iterable[str] = args.text or filter(None, typed)
    for question in lines:
        reply = desk.reply(question)
        if args.json:
            found = {"question": question, **reply.to_dict()}
            print(json.dumps(found, ensure_ascii=False), flush=True)
        else:
            print(spell_reply(question, reply), flush=True)


def spell_reply(question: str, reply: DeskReply) -> str:
    """Return a reply as lines for a terminal: the intent, and the answers behind their cosines.

    >>> print(spell_reply("hi", DeskReply("greet", 0.4, False, ())))
    unknown (nearest greet  0.4000)  hi
    """
    intent = f"{reply.intent}  {reply.confidence:.4f}"
    first = f"{intent if reply.known else f'unknown (nearest {intent})'}  {question[:80]}"
    answers = (f"  {each.similarity:.3f}  {_first_line(each.text)}" for each in reply.answers)
    return "\n".join([first, *answers])


def time_desks(args: argparse.Namespace, texts: tuple[str, ...]) -> None:
    """Print how long the replies of desks take, by number of threads.

    Args:
        args: The flags of `tfkd bench`.
        texts: Questions.

    Raises:
        UserError: No finished desk, or a flag that is for files of one task.
    """
    if args.task:
        raise UserError(
            "--task is for files of one task, and a service desk has several: leave it out."
        )
    for folder in args.file:
        for threads in args.threads:
            print(time_desk(folder, texts, threads, as_json=args.json), flush=True)


def time_desk(folder: Path, texts: tuple[str, ...], threads: int, *, as_json: bool) -> str:
    """Return how long replies take, from question to answers, in milliseconds.

    Args:
        folder: That of a finished desk.
        texts: Questions.
        threads: Number of CPU threads.
        as_json: Whether numbers by name are wanted, in place of a line.

    Raises:
        UserError: No finished desk.
    """
    desk = ServiceDesk.load(folder, threads=threads)
    times = 1000 * desk.latency(texts, bench.REPEATS)
    found = {f"p{p}_ms": round(float(np.percentile(times, p)), 3) for p in (50, 95, 99)}
    if as_json:
        return json.dumps(
            {"desk": str(folder), "threads": threads, "index": len(desk.index), **found}
        )
    spelt = ", ".join(f"{name.partition('_')[0]} {value:.2f} ms" for name, value in found.items())
    return (
        f"{folder}: {spelt} a question, with intent, vector and search among {len(desk.index):,} "
        f"entries, {threads} thread{'s' if threads > 1 else ''}"
    )


def _first_line(text: str) -> str:
    line = (text.strip().splitlines() or [""])[0]
    return line if len(line) <= 100 else f"{line[:99]}…"
