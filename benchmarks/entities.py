"""Entities of CoNLL-2003, WNUT-17, Chinese résumés and BC5CDR: a teacher, and its students.

    python -m benchmarks.entities conll2003 --data ../shared/data --teacher hf:ENCODER \\
        --to runs/conll2003 --out benchmarks/results/conll2003.json

The teacher is a Hugging Face encoder that is fine-tuned once on the training sentences, or one that
learns from scratch; both are kept in the folder of the runs. No official test parts are at hand:
each data set's own `validation` is the test part, and every tenth training sentence, drawn once, is
for validation. Flags and table are those of `benchmarks.tables`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import columns, draw, make_parser, teach_and_run


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


def main() -> None:
    defaults = {"teacher": "train:bilstm:base", "student": "bilstm:small", "epochs": ""}
    parser = make_parser(__doc__, tuple(BENCHMARKS), **defaults)
    parser.add_argument("--temperature", default="1", help="of the soft targets")
    parser.add_argument("--unlabelled", type=Path, help="further texts for the students")
    given = parser.parse_args()
    wanted, source = BENCHMARKS[given.name], given.data / given.name
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    train, validation, test = (texts / f"{p}.jsonl" for p in ("train", "validation", "test"))
    if not train.is_file():
        keep = columns("tokens", "tags")
        draw(source / "validation.jsonl.gz", {test: 1.0}, keep, given.most)
        most = min(given.most, wanted.train)
        draw(source / "train.jsonl.gz", {validation: 0.1, train: 0.9}, keep, most)
    fine_tuned, from_scratch, epochs = wanted.epochs
    given.epochs = given.epochs or epochs
    parts = ("--validation", str(validation), "--test", str(test))
    more = ["--temperature", given.temperature, "--batch-size", "64"]
    more += ["--unlabelled", str(given.unlabelled)] if given.unlabelled else []
    teaching = ["--epochs", fine_tuned if given.teacher.startswith("hf:") else from_scratch]
    teach_and_run(given, [str(train), *SHARED, *wanted.flags, *parts], teaching, more)


if __name__ == "__main__":
    main()
