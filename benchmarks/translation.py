"""Translation of captions (Multi30k): teacher, and a student alone and at each level; over seeds.

    python -m benchmarks.translation en-de --data ../shared/data \\
        --to runs/en-de --out benchmarks/results/multi30k_en_de.json

The teacher learns from scratch, once; students have a fifth of its parameters. Test is the Flickr
set of 2016, by its raw texts: scores are not comparable with those of lower-case or tokenised
references. What has been run already is read from its folder.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.writing import make_table, parse, prepare, read

PAIRS = ("en-de", "en-fr")
PARTS = {"train": "train", "validation": "validation", "test": "test2016"}
SHARED = ("--task", "translation", "--vocab-size", "8000", "--max-length", "64")


def pairs(path: Path) -> list[dict]:
    """Return the rows of a file with the columns that the task knows."""
    return [{"source": row["src"], "target": row["tgt"]} for row in read(path)]


def main() -> None:
    given = parse(
        __doc__,
        PAIRS,
        teacher="train:seq2seq:base",
        student="seq2seq:small",
        epochs="20",
        teacher_epochs="20",
    )
    folder = given.data / "multi30k" / given.name
    parts = {part: partial(pairs, folder / f"{name}.jsonl.gz") for part, name in PARTS.items()}
    make_table(given, [*prepare(given, parts, {}), *SHARED], ["--baseline", "copy"])


if __name__ == "__main__":
    main()
