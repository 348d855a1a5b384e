"""What the tables over several seeds have in common: their flags, their parts and their teacher."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks import runs


def make_parser(
    document: str, names: Sequence[str] = (), **defaults: str
) -> argparse.ArgumentParser:
    """Return a parser of the flags that all tables know.

    Args:
        document: The docstring of the script.
        names: The data sets to choose from; empty for the only one.
        **defaults: The default `teacher`, `student` and `epochs`.
    """
    parser = argparse.ArgumentParser(description=document.splitlines()[0])
    if names:
        parser.add_argument("name", choices=names)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True, help="the results, as JSON")
    parser.add_argument("--teacher", default=defaults["teacher"], help="hf:FOLDER or train:NAME")
    parser.add_argument("--student", default=defaults["student"])
    parser.add_argument("--epochs", default=defaults["epochs"], help="of the students")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--most", type=int, default=10**9, help="rows of a part, for a trial")
    return parser


def draw(
    source: Path, targets: Mapping[Path, float], keep: Callable[[dict], dict], most: int
) -> None:
    """Write the rows of a file into several, drawn evenly and always the same ones.

    Args:
        source: The file, packed by gzip.
        targets: The share of the rows of each file to write.
        keep: Gives what is written of a row.
        most: How many rows are drawn from at most.
    """
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    order, start = np.random.default_rng(0).permutation(len(rows))[:most], 0
    for target, share in targets.items():
        end = start + round(share * len(order))
        lines = (json.dumps(keep(rows[i]), ensure_ascii=False) for i in order[start:end])
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        start = end


def columns(*names: str) -> Callable[[dict], dict]:
    """Return what keeps these columns of a row."""
    return lambda row: {name: row[name] for name in names}


def teach_once(given: argparse.Namespace, data: Sequence[str], teaching: Sequence[str]) -> str:
    """Teach the teacher of a table, unless it is there; return it as a flag has it.

    Args:
        given: The flags of `make_parser`.
        data: The training file, and the flags that teacher and students share.
        teaching: Further flags of the teacher.

    Raises:
        SystemExit: The command failed.
    """
    from tfkd.cli import main as tfkd

    teacher = given.to / "teacher"
    code = tfkd(["teach", *data, "--teacher", given.teacher, *teaching, "--to", str(teacher)])
    if code:
        raise SystemExit(code)
    return f"keras:{teacher}"


def teach_and_run(
    given: argparse.Namespace,
    data: Sequence[str],
    teaching: Sequence[str],
    running: Sequence[str] = (),
) -> None:
    """Teach the teacher once, unless it is there, and make the table of its students.

    Args:
        given: The flags of `make_parser`.
        data: The training file, and the flags that teacher and students share.
        teaching: Further flags of the teacher.
        running: Further flags of the students.

    Raises:
        SystemExit: A command failed.
    """
    teacher = teach_once(given, data, teaching)
    sys.argv = [
        *("runs", *data, "--teacher", teacher, "--student", given.student),
        *("--epochs", given.epochs, *running, "--seeds", *given.seeds),
        *("--to", str(given.to), "--out", str(given.out)),
    ]
    runs.main()
