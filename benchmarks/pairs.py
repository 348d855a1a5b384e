"""Pairs of texts, entailment (SICK) and paraphrases (MRPC): three seeds, with TF-IDF.

    python -m benchmarks.pairs sick --data ../shared/data --teacher hf:ENCODER \\
        --to runs/sick --out benchmarks/results/sick.json

The teacher is a Hugging Face encoder that is fine-tuned once on the training pairs, or one that
learns from scratch. The test pairs are the data set's own, and never change. Flags and table are
those of `benchmarks.tables`.
"""

from __future__ import annotations

from benchmarks.tables import columns, draw, make_parser, teach_and_run

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


def main() -> None:
    defaults = {"teacher": "train:ngram_cnn:base", "student": "ngram_cnn:small", "epochs": "10"}
    given = make_parser(__doc__, tuple(PARTS), **defaults).parse_args()
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    written = {part: texts / f"{part}.jsonl" for part in PARTS[given.name]}
    for part, file in PARTS[given.name].items():
        if not written[part].is_file():
            draw(given.data / file, {written[part]: 1.0}, columns(*COLUMNS), given.most)
    others = [flag for part in written if part != "train" for flag in (f"--{part}", written[part])]
    data = [str(flag) for flag in (written["train"], *SHARED, *others)]
    teaching = ["--epochs", EPOCHS[given.teacher.partition(":")[0]]]
    teach_and_run(given, data, teaching, ["--baseline", "tfidf"])


if __name__ == "__main__":
    main()
