"""Subject lines of mails (AESLC): teacher, student, and the first sentence; over seeds.

    python -m benchmarks.summaries --data ../shared/data \\
        --to runs/aeslc --out benchmarks/results/aeslc.json

The teacher learns from scratch. Mails are cut to 128 tokens. Validation and test have the subject
that the sender wrote and up to three of annotators; the best one counts.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.writing import make_table, parse, prepare, read

KEPT = ("text", "summary", "extra_references")
MOST = {"validation": 500}
SHARED = ("--task", "summarization", "--vocab-size", "8000", "--max-length", "128")


def mails(path: Path) -> list[dict]:
    """Return the mails of a file with their subjects."""
    return [{name: row[name] for name in KEPT if name in row} for row in read(path)]


def main() -> None:
    given = parse(
        __doc__,
        teacher="train:seq2seq:base",
        student="seq2seq:small",
        epochs="12",
        teacher_epochs="12",
    )
    folder = given.data / "aeslc"
    parts = {
        part: partial(mails, folder / f"{part}.jsonl.gz")
        for part in ("train", "validation", "test")
    }
    data = [*prepare(given, parts, MOST), *SHARED, "--ignore-texts"]
    make_table(given, data, ["--baseline", "lead"])


if __name__ == "__main__":
    main()
