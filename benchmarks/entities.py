"""Entities of CoNLL-2003, WNUT-17, Chinese résumés and BC5CDR: a teacher, and its students.

    python -m benchmarks.entities conll2003 --data ../shared/data --teacher hf:ENCODER \\
        --to runs/conll2003 --out benchmarks/results/conll2003.json

The teacher is a Hugging Face encoder that is fine-tuned once on the training sentences, or one that
learns from scratch; both are kept in the folder of the runs. No official test parts are at hand:
each data set's own `validation` is the test part, and every tenth training sentence, drawn once, is
for validation. Runs and their table are those of `benchmarks.runs`.
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
    """How a data set is distilled.

    Attributes:
        train: Training sentences that are used at most, with those for validation.
        flags: Flags of teacher and students.
        epochs: Of a fine-tuned teacher, of one from scratch, and of the students.
    """

    train: int = 10**9
    flags: tuple[str, ...] = ("--max-length", "96", "--vocab-size", "12000")
    epochs: tuple[str, str, str] = ("4", "20", "20")


BENCHMARKS = {
    "conll2003": Benchmark(epochs=("3", "15", "15")),
    "wnut17": Benchmark(epochs=("5", "30", "30")),
    "resume_ner": Benchmark(flags=("--max-length", "192", "--vocab-size", "4000")),
    "bc5cdr": Benchmark(),
}
SHARED = ("--task", "token-classification", "--task-set", "affixes=true")


def draw(source: Path, targets: dict[Path, float], most: int) -> None:
    """Write the sentences of a file into several, drawn evenly and always the same ones.

    Args:
        source: The file, packed by gzip.
        targets: The share of the sentences of each file to write.
        most: How many sentences are drawn from at most.
    """
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    order, start = np.random.default_rng(0).permutation(len(rows))[:most], 0
    for target, share in targets.items():
        end = start + round(share * len(order))
        chosen = (rows[i] for i in order[start:end])
        lines = (json.dumps({name: row[name] for name in ("tokens", "tags")}) for row in chosen)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        start = end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True, help="the results, as JSON")
    parser.add_argument("--teacher", default="train:bilstm:base", help="hf:FOLDER or train:NAME")
    parser.add_argument("--student", default="bilstm:small")
    parser.add_argument("--epochs", default="", help="of the students")
    parser.add_argument("--temperature", default="1", help="of the soft targets")
    parser.add_argument("--unlabelled", type=Path, help="further texts for the students")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--most", type=int, default=10**9, help="sentences of a part, for a trial")
    given = parser.parse_args()
    wanted, source = BENCHMARKS[given.name], given.data / given.name
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    train, validation, test = (texts / f"{p}.jsonl" for p in ("train", "validation", "test"))
    if not train.is_file():
        draw(source / "validation.jsonl.gz", {test: 1.0}, given.most)
        most = min(given.most, wanted.train)
        draw(source / "train.jsonl.gz", {validation: 0.1, train: 0.9}, most)
    from tfkd.cli import main as tfkd

    shared = [*SHARED, *wanted.flags, "--validation", str(validation), "--test", str(test)]
    fine_tuned, from_scratch, epochs = wanted.epochs
    teacher = given.to / "teacher"
    code = tfkd(
        [
            *("teach", str(train), *shared, "--teacher", given.teacher, "--to", str(teacher)),
            *("--epochs", fine_tuned if given.teacher.startswith("hf:") else from_scratch),
        ]
    )
    if code:
        raise SystemExit(code)
    more = ["--temperature", given.temperature]
    more += ["--unlabelled", str(given.unlabelled)] if given.unlabelled else []
    sys.argv = [
        *("runs", str(train), *shared, *more, "--teacher", f"keras:{teacher}"),
        *("--student", given.student, "--epochs", given.epochs or epochs, "--batch-size", "64"),
        *("--seeds", *given.seeds, "--to", str(given.to), "--out", str(given.out)),
    ]
    runs.main()


if __name__ == "__main__":
    main()
