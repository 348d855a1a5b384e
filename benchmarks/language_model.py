"""Language models of film reviews (IMDB): teacher, and a student alone and by each divergence.

    python -m benchmarks.language_model --data ../shared/data \\
        --to runs/language-model --out benchmarks/results/language_model.json

The first words of reviews without labels. The teacher learns from scratch, once; by `kl` a student
learns all that the teacher may say next, by `reverse_kl` what it surely says. What has been run
already is read from its folder.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.writing import make_table, parse, prepare, read

WORDS, SKIPPED = 48, 25_000
"""Words of a review that are read, and reviews before those to validate and test on."""
MOST = {"train": 10_000, "validation": 500, "test": 1_000}
SHARED = ("--task", "text-generation", "--vocab-size", "4000", "--max-length", "96")
SHARED += ("--batch-size", "32")


def beginnings(path: Path, part: str) -> list[dict]:
    """Return the first words of the reviews of a part; no review is in two of them."""
    starts = {"train": 0, "validation": SKIPPED, "test": 3 * SKIPPED // 2}
    ends = {"train": SKIPPED, "validation": 3 * SKIPPED // 2, "test": 2 * SKIPPED}
    texts = (row["text"].replace("<br />", " ").split()[:WORDS] for row in read(path))
    return [{"text": " ".join(text)} for text in [*texts][starts[part] : ends[part]]]


def main() -> None:
    given = parse(
        __doc__,
        levels=("kl", "reverse_kl"),
        setting="divergence",
        teacher="train:causal:small",
        student="causal:tiny",
        epochs="5",
        teacher_epochs="5",
    )
    path = given.data / "imdb" / "unsupervised.jsonl.gz"
    parts = {part: partial(beginnings, path, part) for part in MOST}
    # The teacher in every step: reverse KL reads the probability of all tokens.
    running = ["--temperature", "1", "--soft-weight", "0.7", "--no-cache"]
    make_table(given, [*prepare(given, parts, MOST), *SHARED], running)


if __name__ == "__main__":
    main()
