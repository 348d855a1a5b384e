"""Replies in dialogues (DailyDialog): perplexity and variety of teacher and student; over seeds.

    python -m benchmarks.replies --data ../shared/data \\
        --to runs/replies --out benchmarks/results/dailydialog.json

Each turn but the first is a reply to the two turns before it. The training part is about half of
the original one. There is no single right reply, so scores of overlap say little.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.writing import make_table, parse, prepare, read

TURNS = 2
"""Turns that a reply is given for."""
MOST = {"validation": 1_000, "test": 2_000}
SHARED = ("--task", "text2text-generation", "--vocab-size", "8000", "--max-length", "96")


def replies(path: Path) -> list[dict]:
    """Return each turn of the dialogues of a file with those before it."""
    return [
        {"input": turns[max(0, place - TURNS) : place], "target": turns[place]}
        for turns in (row["en"] for row in read(path))
        for place in range(1, len(turns))
    ]


def main() -> None:
    given = parse(
        __doc__,
        teacher="train:seq2seq:base",
        student="seq2seq:small",
        epochs="10",
        teacher_epochs="10",
    )
    folder = given.data / "dailydialog_enzh"
    files = {"train": "train_subset", "validation": "validation", "test": "test"}
    parts = {part: partial(replies, folder / f"{name}.jsonl.gz") for part, name in files.items()}
    make_table(given, [*prepare(given, parts, MOST), *SHARED], ["--baseline", "tfidf"])


if __name__ == "__main__":
    main()
