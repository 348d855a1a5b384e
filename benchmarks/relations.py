"""Relations between nominals (SemEval-2010 task 8): three seeds, with TF-IDF of the marked texts.

    python -m benchmarks.relations --data ../shared/data --teacher hf:ENCODER \\
        --to runs/relations --out benchmarks/results/semeval2010_task8.json

The teacher is a Hugging Face encoder that is fine-tuned once, or one that learns from scratch. Of
the training sentences every tenth is for validation, drawn once; the test sentences are the task's
own. Flags and table are those of `benchmarks.tables`.
"""

from __future__ import annotations

from benchmarks.tables import columns, draw, make_parser, teach_and_run

SHARED = ("--task", "relation-classification", "--max-length", "96", "--vocab-size", "8000")
EPOCHS = {"hf": "4", "train": "12"}
"""Of the teacher, by its kind."""
RATE = "1e-4"
"""Of an encoder that is fine-tuned."""


def main() -> None:
    defaults = {"teacher": "train:transformer:base", "student": "text_cnn:base", "epochs": "20"}
    given = make_parser(__doc__, **defaults).parse_args()
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    train, validation, test = (texts / f"{p}.jsonl" for p in ("train", "validation", "test"))
    source = given.data / "semeval2010_task8"
    if not train.is_file():
        keep = columns("text", "relation")
        draw(source / "test.jsonl.gz", {test: 1.0}, keep, given.most)
        draw(source / "train.jsonl.gz", {validation: 0.1, train: 0.9}, keep, given.most)
    data = [str(train), *SHARED, "--validation", str(validation), "--test", str(test)]
    teaching = ["--epochs", EPOCHS[given.teacher.partition(":")[0]]]
    if given.teacher.startswith("hf:"):
        # The rows of the marks are new, and small encoders bear a high rate.
        teaching += ["--learning-rate", RATE]
    teach_and_run(given, data, teaching, ["--baseline", "tfidf"])


if __name__ == "__main__":
    main()
