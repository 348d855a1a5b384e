"""An encoder tuned with few of its weights, beside all of them: scores, weights, minutes, memory.

    python -m benchmarks.tuning sst2/train_sentences.jsonl.gz --test sst2/test.jsonl.gz \\
        --teacher hf:ENCODER --to runs/tuning-sst2 --out benchmarks/results/tuning_sst2.json
    python -m benchmarks.tuning banking77/train.jsonl.gz --label intent --each 16 \\
        --teacher hf:ENCODER --to runs/tuning-banking77-16 \\
        --out benchmarks/results/tuning_banking77_16.json --epochs 20

Without `--test`, a fifth of the rows is one, the same for all seeds. `--each 16` trains on so many
rows a class, drawn by the seed; other flags are those of `tfkd teach`. Each training is a process
of its own, so that its memory is its own. What has been run already is read from its folder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from tfkd.running.folder import describe_environment

WAYS = ("all", "head", "top:2", "bitfit", "lora:8", "adapter:64", "prompt:20")
TESTED, VALIDATED, FEW = 0.2, 200, 32


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of JSON lines, packed by gzip or not."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_splits(given: argparse.Namespace, seed: int) -> Path:
    """Write train, validation and test as files of texts and labels, and return their folder."""
    folder = given.to / f"data-{seed}"
    if (folder / "test.jsonl").is_file():
        return folder
    rows = read_rows(given.data)
    rows = [rows[n] for n in np.random.default_rng(0).permutation(len(rows))]
    if given.test:
        test = read_rows(given.test)
    else:
        count = int(TESTED * len(rows))
        test, rows = rows[:count], rows[count:]
    rows = [rows[n] for n in np.random.default_rng(seed).permutation(len(rows))]
    # After each of many short epochs, which nothing is chosen by.
    count = FEW if given.each else VALIDATED
    validation, rows = rows[:count], rows[count:]
    if given.each:
        by_label: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by_label[row[given.label]].append(row)
        rows = [row for label in sorted(by_label) for row in by_label[label][: given.each]]
    folder.mkdir(parents=True, exist_ok=True)
    splits = {"train": rows, "validation": validation, "test": test}
    for name, split in splits.items():
        kept = split[: given.most] if given.most else split
        lines = (json.dumps({"text": r[given.text], "label": r[given.label]}) for r in kept)
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder


def tune(given: argparse.Namespace, arguments: list[str], way: str, seed: int) -> dict[str, Any]:
    """Return the scores and the facts of an encoder that is tuned in a way."""
    data = write_splits(given, seed)
    folder = given.to / f"{way.replace(':', '-')}-{seed}"
    if not (folder / "score.json").is_file():
        command = [sys.executable, "-m", "tfkd", "teach", str(data), "--teacher", given.teacher]
        command += ["--tune", way, "--seed", str(seed), "--to", str(folder), *arguments]
        subprocess.run(command, check=True)
    return json.loads((folder / "score.json").read_text(encoding="utf-8"))


def lines(found: dict[str, Any]) -> list[str]:
    """Return the ways as a table in Markdown: the mean over the seeds, and from where to where."""
    titles = ("`--tune`", "trained weights", "accuracy, %", "minutes", "MB of memory")
    table = [f"| {' | '.join(titles)} |", "| --- |" + " ---: |" * (len(titles) - 1)]
    for way, seeds in found["ways"].items():
        facts = [each["training"] for each in seeds.values()]
        scores = 100 * np.array([each["accuracy"] for each in seeds.values()])
        share = facts[0]["trained"] / facts[0]["weights"]
        minutes = np.mean([each["minutes"] for each in facts])
        memory = np.mean([each.get("peak_memory_mb", 0) for each in facts])
        cells = (
            f"`{way}`",
            f"{facts[0]['trained']:,} ({share:.2%})",
            f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})",
            f"{minutes:.1f}",
            f"{memory:,.0f}",
        )
        table.append(f"| {' | '.join(cells)} |")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("data", type=Path, help="JSON lines to train on, .jsonl or .jsonl.gz")
    parser.add_argument("--test", type=Path, help="JSON lines to test on")
    parser.add_argument("--text", default="text", help="the column of texts")
    parser.add_argument("--label", default="label", help="the column of classes")
    parser.add_argument("--each", type=int, default=0, help="rows a class; 0 for all")
    parser.add_argument("--most", type=int, default=0, help="rows of each split, for a first try")
    parser.add_argument("--teacher", required=True, help="hf:FOLDER")
    parser.add_argument("--ways", nargs="+", default=WAYS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True, help="folder of the trainings")
    parser.add_argument("--out", type=Path, required=True)
    given, arguments = parser.parse_known_args()
    ways: dict[str, dict[str, Any]] = {way: {} for way in given.ways}
    for seed in given.seeds:
        for way in given.ways:
            ways[way][str(seed)] = tune(given, arguments, way, seed)
    settings = {"data": "/".join(given.data.parts[-2:]), "each": given.each, "flags": arguments}
    found = {**settings, "environment": describe_environment(), "ways": ways}
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines(found)))


if __name__ == "__main__":
    main()
