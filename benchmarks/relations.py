"""Relations between nominals (SemEval-2010 task 8): three seeds, with TF-IDF of the marked texts.

    python -m benchmarks.relations --data ../shared/data --teacher hf:ENCODER \\
        --to runs/relations --out benchmarks/results/semeval2010_task8.json

The teacher is a Hugging Face encoder that is fine-tuned once, or one that learns from scratch. Of
the training sentences every tenth is for validation, drawn once; the test sentences are the task's
own. Runs and their table are those of `benchmarks.runs`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path

import numpy as np

from benchmarks import runs

COLUMNS = ("text", "relation")
SHARED = ("--task", "relation-classification", "--max-length", "96", "--vocab-size", "8000")
EPOCHS = {"hf": "4", "train": "12"}
"""Of the teacher, by its kind."""
RATE = "1e-4"
"""Of an encoder that is fine-tuned."""


def draw(source: Path, targets: dict[Path, float], most: int) -> None:
    """Write the rows of a file into several, drawn evenly and always the same ones.

    Args:
        source: The file, packed by gzip.
        targets: The share of the rows of each file to write.
        most: How many rows are drawn from at most.
    """
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    order, start = np.random.default_rng(0).permutation(len(rows))[:most], 0
    for target, share in targets.items():
        end = start + round(share * len(order))
        lines = (json.dumps({name: rows[i][name] for name in COLUMNS}) for i in order[start:end])
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        start = end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True, help="the results, as JSON")
    parser.add_argument("--teacher", default="train:transformer:base", help="hf:FOLDER, train:NAME")
    parser.add_argument("--student", default="text_cnn:base")
    parser.add_argument("--epochs", default="20", help="of the students")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--most", type=int, default=10**9, help="sentences of a part, for a trial")
    given = parser.parse_args()
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    train, validation, test = (texts / f"{p}.jsonl" for p in ("train", "validation", "test"))
    source = given.data / "semeval2010_task8"
    if not train.is_file():
        draw(source / "test.jsonl.gz", {test: 1.0}, given.most)
        draw(source / "train.jsonl.gz", {validation: 0.1, train: 0.9}, given.most)
    from tfkd.cli import main as tfkd

    files = ("--validation", str(validation), "--test", str(test))
    teacher, epochs = given.to / "teacher", EPOCHS[given.teacher.partition(":")[0]]
    learning = ["--teacher", given.teacher, "--epochs", epochs, "--to", str(teacher)]
    if given.teacher.startswith("hf:"):
        # The rows of the marks are new, and small encoders bear a high rate.
        learning += ["--learning-rate", RATE]
    code = tfkd(["teach", str(train), *SHARED, *files, *learning])
    if code:
        raise SystemExit(code)
    sys.argv = [
        *("runs", str(train), *SHARED, *files, "--teacher", f"keras:{teacher}"),
        *("--student", given.student, "--epochs", given.epochs),
        *("--baseline", "tfidf", "--seeds", *given.seeds),
        *("--to", str(given.to), "--out", str(given.out)),
    ]
    runs.main()


if __name__ == "__main__":
    main()
