"""What tables of unlike runs on files of three splits share: flags, files, means and their JSON."""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def make_parser(document: str, data: str) -> argparse.ArgumentParser:
    """Return a parser of the flags that all of them know; further ones are those of a run.

    Args:
        document: The docstring of the script.
        data: What the training file is.
    """
    parser = argparse.ArgumentParser(description=document.splitlines()[0], allow_abbrev=False)
    parser.add_argument("data", type=Path, help=f"{data}, .jsonl or .jsonl.gz")
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--most", type=int, default=0, help="rows of each split, for a first try")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True)
    return parser


def cut_splits(given: argparse.Namespace) -> list[Path]:
    """Return the files of training, test and validation, or copies of their first rows."""
    given.to.mkdir(parents=True, exist_ok=True)
    return [_cut(path, given) for path in (given.data, given.test, given.validation)]


def read(path: Path) -> tuple[list[str], list[Any]]:
    """Return the texts and the labels of a file of JSON lines."""
    rows = [json.loads(line) for line in _lines(path)]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def write_texts(texts: Iterable[str], path: Path) -> Path:
    """Write texts without labels."""
    rows = ({"text": text, "label": None} for text in texts)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def write_names(labelled: Path, path: Path) -> Path:
    """Write the classes of a file: where no training text has a label, they are named apart."""
    names = sorted(map(str, set(read(labelled)[1])))
    path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return path


def spell(shares: Iterable[float]) -> str:
    """Return the mean of shares in percent, and from where to where.

    >>> spell([0.5, 0.75])
    '62.50 (50.00 to 75.00)'
    """
    scores = 100 * np.array(list(shares))
    return f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})"


def write_facts(
    given: argparse.Namespace, arguments: Sequence[str], run: Path, **measured: Any
) -> dict[str, Any]:
    """Write what was measured with the flags and the environment of a run, and return it."""
    # The teacher's folder is this machine's.
    hidden = {i + 1 for i, each in enumerate(arguments) if each == "--teacher"}
    facts = {
        "data": given.data.name,
        "flags": [each for i, each in enumerate(arguments) if i not in hidden],
        "environment": json.loads((run / "environment.json").read_text(encoding="utf-8")),
        **measured,
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts


def _lines(path: Path) -> list[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return list(lines)


def _cut(path: Path, given: argparse.Namespace) -> Path:
    if not given.most:
        return path
    copy = given.to / "cut" / path.name.removesuffix(".gz")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text("".join(_lines(path)[: given.most]), encoding="utf-8")
    return copy
