"""Pairs of texts, entailment (SICK) and paraphrases (MRPC): three seeds, with TF-IDF.

    python -m benchmarks.pairs sick --data ../shared/data --teacher hf:ENCODER \\
        --to runs/sick --out benchmarks/results/sick.json

The teacher is a Hugging Face encoder that is fine-tuned once on the training pairs, or one that
learns from scratch. The test pairs are the data set's own, and never change. Runs and their table
are those of `benchmarks.runs`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path

import numpy as np

from benchmarks import runs

# The parts to train, choose and test on. Of SICK the trial part is the only other one there is.
PARTS = {
    "sick": {"train": "sick/train.jsonl.gz", "test": "sick/validation.jsonl.gz"},
    "mrpc": {
        "train": "mrpc/train.jsonl.gz",
        "validation": "mrpc/validation.jsonl.gz",
        "test": "mrpc/test.jsonl.gz",
    },
}
COLUMNS = ("sentence1", "sentence2", "label")
SHARED = ("--text-column", ",".join(COLUMNS[:2]), "--max-length", "96", "--vocab-size", "8000")
EPOCHS = {"hf": "3", "train": "12"}
"""Of the teacher, by its kind."""


def draw(source: Path, most: int, target: Path) -> None:
    """Write at most so many rows of a file, drawn evenly and always the same ones."""
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    chosen = np.random.default_rng(0).permutation(len(rows))[:most]
    lines = (json.dumps({name: rows[i][name] for name in COLUMNS}) for i in sorted(chosen))
    target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=PARTS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True, help="the results, as JSON")
    parser.add_argument("--teacher", default="train:ngram_cnn:base", help="hf:FOLDER or train:NAME")
    parser.add_argument("--student", default="ngram_cnn:small")
    parser.add_argument("--epochs", default="10", help="of the students")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--most", type=int, default=10**9, help="pairs of a part, for a trial")
    given = parser.parse_args()
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    for part, file in PARTS[given.name].items():
        if not (texts / f"{part}.jsonl").is_file():
            draw(given.data / file, given.most, texts / f"{part}.jsonl")
    from tfkd.cli import main as tfkd

    parts = [flag for part in PARTS[given.name] if part != "train" for flag in (f"--{part}", part)]
    files = [flag if flag.startswith("--") else str(texts / f"{flag}.jsonl") for flag in parts]
    data, teacher = str(texts / "train.jsonl"), given.to / "teacher"
    epochs = EPOCHS[given.teacher.partition(":")[0]]
    learning = ["--teacher", given.teacher, "--epochs", epochs, "--to", str(teacher)]
    code = tfkd(["teach", data, *SHARED, *files, *learning])
    if code:
        raise SystemExit(code)
    sys.argv = [
        *("runs", data, *SHARED, *files, "--teacher", f"keras:{teacher}"),
        *("--student", given.student, "--epochs", given.epochs),
        *("--baseline", "tfidf", "--seeds", *given.seeds),
        *("--to", str(given.to), "--out", str(given.out)),
    ]
    runs.main()


if __name__ == "__main__":
    main()
