"""Several labels a text (GoEmotions), and numbers (ratings of IMDB): three seeds, with TF-IDF.

    python -m benchmarks.forms goemotions --data ../shared/data \\
        --to runs/goemotions --out benchmarks/results/goemotions.json

The teacher is trained once, on the texts of all seeds: the test texts are the data set's own
validation or test part, and never change. Runs and their table are those of `benchmarks.runs`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import runs


@dataclass(frozen=True)
class Benchmark:
    """A data set, and how it is distilled.

    Attributes:
        train: The file with the training texts, and how many of them are used.
        test: The file with the test texts, and how many.
        column: The column of the labels.
        form: What a label is.
        flags: Further flags of `tfkd distill`.
    """

    train: tuple[str, int]
    test: tuple[str, int]
    column: str
    form: str
    flags: tuple[str, ...]


BENCHMARKS = {
    "goemotions": Benchmark(
        train=("goemotions/train.jsonl.gz", 20_000),
        test=("goemotions/validation.jsonl.gz", 5_426),
        column="labels",
        form="multilabel",
        flags=("--max-length", "48", "--vocab-size", "12000", "--epochs", "8"),
    ),
    "imdb-ratings": Benchmark(
        train=("imdb/train.jsonl.gz", 10_000),
        test=("imdb/test.jsonl.gz", 5_000),
        column="rating",
        form="regression",
        flags=("--max-length", "192", "--vocab-size", "16000", "--epochs", "10"),
    ),
}
TEACHER = "train:ngram_cnn:base"


def draw(source: Path, count: int, target: Path, column: str) -> None:
    """Write rows of a file, drawn evenly and always the same ones: text and label alone."""
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    chosen = np.random.default_rng(0).permutation(len(rows))[:count]
    lines = (json.dumps({"text": rows[i]["text"], "label": rows[i][column]}) for i in chosen)
    target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True, help="the results, as JSON")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--most", type=int, default=10**9, help="texts of a part, for a trial")
    given = parser.parse_args()
    wanted = BENCHMARKS[given.name]
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    for part, (file, count) in {"train": wanted.train, "test": wanted.test}.items():
        if not (texts / f"{part}.jsonl").is_file():
            count = min(count, given.most)
            draw(given.data / file, count, texts / f"{part}.jsonl", wanted.column)
    from tfkd.cli import main as tfkd

    shared = ["--form", wanted.form, "--test", str(texts / "test.jsonl"), *wanted.flags[:4]]
    teacher = given.to / "teacher"
    data = str(texts / "train.jsonl")
    code = tfkd(["teach", data, "--teacher", TEACHER, *shared, "--to", str(teacher)])
    if code:
        raise SystemExit(code)
    sys.argv = [
        *("runs", data, *shared, *wanted.flags[4:], "--teacher", f"keras:{teacher}"),
        *("--baseline", "tfidf", "--seeds", *given.seeds),
        *("--to", str(given.to), "--out", str(given.out)),
    ]
    runs.main()


if __name__ == "__main__":
    main()
