"""Errors on the test images of MNIST or its like: teacher, alone, distilled, exported.

    tfkd teach ../shared/data/mnist --teacher train:image_cnn:small --epochs 6 \\
        --to runs/mnist/teacher
    python -m benchmarks.image_errors --data ../shared/data/mnist --to runs/mnist \\
        --teacher keras:runs/mnist/teacher --out benchmarks/results/mnist_errors.json

Hinton, Vinyals & Dean 2015 count the errors of 10,000. Twice the same student: with the labels of
all images, and with those of 1,000, where the others are images alone. What has been run already is
read from its folder. `--most` keeps the first images, to try it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from . import runs

LABELS = {"1,000": 1_000, "all": 0}
"""How many labels the students get, by what the table calls it; 0 is all."""
STUDENT = ("--student", "image_cnn:tiny", "--epochs", "5", "--batch-size", "128")
LOSSES = ("--temperature", "4", "--soft-weight", "0.9")
ROWS = ("teacher", "alone", "distilled", "exported")


def keep(report: dict) -> dict:
    """Return what the table is made of, without the folders of this machine."""
    return {name: report[name] for name in ("title", "measures", "rows")}


def count_errors(reports: Sequence[dict], kind: str) -> list[int]:
    """Return the wrong answers of a row in each report."""
    errors = []
    for report in reports:
        rows = [row for row in report["rows"] if row["name"].startswith(kind)]
        images = int(report["title"].split(": ")[-1].split()[0].replace(",", ""))
        errors.append(round(images * (1 - rows[0]["scores"]["accuracy"])))
    return errors


def table(found: dict[str, dict[str, dict]]) -> str:
    """Return the errors as Markdown: the mean over seeds, and from where to where."""
    lines = [
        f"| errors | {' | '.join(f'{name} labels' for name in found)} |",
        f"| --- |{' ---: |' * len(found)}",
    ]
    for kind in ROWS:
        cells = []
        for by_seed in found.values():
            errors = count_errors(list(by_seed.values()), kind)
            spread = f" ({min(errors)} to {max(errors)})" if len(set(errors)) > 1 else ""
            cells.append(f"{np.mean(errors):.0f}{spread}")
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def keep_first(data: Path, most: int, to: Path) -> Path:
    """Write the first images of each split as an archive; return its path."""
    from tfkd.data.array_files import find_arrays

    arrays = {}
    for split, part in find_arrays(data).items():
        images, labels = part.load()
        arrays |= {f"x_{split}": images[:most], f"y_{split}": np.asarray(labels)[:most]}
    to.mkdir(parents=True, exist_ok=True)
    np.savez(to / "first.npz", **arrays)
    return to / "first.npz"


def main() -> None:
    """Run what is missing, write the numbers and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--labels", nargs="+", choices=LABELS, default=list(LABELS))
    parser.add_argument("--most", type=int, default=0, help="images of each split; all by default")
    args = parser.parse_args()
    data = keep_first(args.data, args.most, args.to) if args.most else args.data
    command = [str(data), "--teacher", args.teacher, *STUDENT, *LOSSES]
    found: dict[str, dict[str, dict]] = {}
    for name in args.labels:
        labels = LABELS[name]
        flags = [*command, *(["--labelled", str(labels)] if labels else [])]
        folder = args.to / f"labels-{labels or 'all'}"
        found[name] = {
            str(seed): keep(runs.run(flags, seed, folder / f"seed-{seed}")) for seed in args.seeds
        }
    first = next(args.to.glob("labels-*/seed-*/environment.json"))
    facts = {
        "data": args.data.resolve().name,
        "student": [*STUDENT, *LOSSES],
        "environment": json.loads(first.read_text()),
        "labels": found,
    }
    args.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
