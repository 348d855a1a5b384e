"""Answers in texts (SQuAD, QAMR, XQuAD, CMRC 2018): teacher, alone, distilled, file; over seeds.

    python -m benchmarks.answers qamr --data ../shared/data --teacher hf:ENCODER \\
        --to runs/qamr --out benchmarks/results/qamr.json

SQuAD's training set is not at hand: articles of its development set are cut into train, validation
and test, always the same ones, and 4,285 questions of the training set, whose texts are word tokens
with blanks between them, join train. XQuAD's English questions are about some of these articles, so
those of the test articles count alone. Of Chinese, CMRC 2018 trains, its contexts cut to 130
characters around an answer, and XQuAD tests. QAMR trains on its validation part and tests on its
test part, whose sentences are others.

The teacher is a Hugging Face encoder that is fine-tuned once on the training questions, or one that
learns from scratch. Flags and table are those of `benchmarks.tables`.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.tables import make_parser, teach_and_run

Article = dict
"""An article as SQuAD has it: a title, and paragraphs with a context and questions."""

DEV, SLICE = "squad/dev-v1.1.json.gz", "squad/train_slice_tokenised.json.gz"
LENGTHS = {"qamr": "96", "xquad-zh": "160"}
VOCABULARY = {"xquad-zh": "6000"}
EPOCHS = {"hf": "2", "train": "12"}
"""Of the teacher, by its kind."""
TEACHING = {"xquad-zh": ("--learning-rate", "2e-4", "--clip", "1")}
"""Further flags of the teacher: a high rate, since the steps are few."""
RUNNING = {"xquad-zh": ("--batch-size", "32")}
"""Further flags of the students: more updates from as many questions."""
CUT = 130
"""Characters of a context of CMRC, as many as fit into a window beside a question."""
MOST = {"train": 6_000, "validation": 500, "test": 1_500}
"""Questions of a part, so that a table takes minutes on two cores."""


def articles(path: Path) -> list[Article]:
    """Return the articles of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return json.load(stream)["data"]


def cut(found: list[Article], shares: tuple[float, float]) -> dict[str, list[Article]]:
    """Cut articles into train, validation and test; the shares are of the latter two."""
    order = np.random.default_rng(0).permutation(len(found))
    test = round(shares[1] * len(found))
    validation = test + max(1, round(shares[0] * len(found)))
    parts = {
        "test": order[:test],
        "validation": order[test:validation],
        "train": order[validation:],
    }
    return {part: [found[i] for i in sorted(places)] for part, places in parts.items()}


def squad(data: Path) -> dict[str, list[Article]]:
    parts = cut(articles(data / DEV), (0.08, 0.25))
    return {**parts, "train": [*parts["train"], *articles(data / SLICE)]}


def xquad_en(data: Path) -> dict[str, list[Article]]:
    parts = squad(data)
    contexts = {p["context"] for article in parts["test"] for p in article["paragraphs"]}
    asked = [
        {**each, "paragraphs": [p for p in each["paragraphs"] if p["context"] in contexts]}
        for each in articles(data / "xquad/xquad.en.json.gz")
    ]
    return {**parts, "test": asked}


def xquad_zh(data: Path) -> dict[str, list[Article]]:
    found = [*articles(data / "cmrc2018/dev.squad.json.gz")]
    found += articles(data / "cmrc2018/trial.squad.json.gz")
    parts = cut([*map(shorten, found)], (0.05, 0.0))
    return {**parts, "test": articles(data / "xquad/xquad.zh.json.gz")}


def shorten(article: Article) -> Article:
    """Cut the context of each question around its first answer, which stands anywhere in it."""
    return {
        "paragraphs": [
            around(paragraph["context"], asked)
            for paragraph in article["paragraphs"]
            for asked in paragraph["qas"]
        ]
    }


def around(context: str, asked: dict) -> dict:
    """Return a paragraph of one question: its context is the same one in each run."""
    first = asked["answers"][0]
    begin, end = first["answer_start"], first["answer_start"] + len(first["text"])
    low = max(0, end - CUT)
    high = max(low, min(begin, len(context) - CUT))
    start = random.Random(asked["id"]).randint(low, high)
    answers = [{**each, "answer_start": each["answer_start"] - start} for each in asked["answers"]]
    inside = [each for each in answers if each["answer_start"] >= 0]
    return {"context": context[start : start + CUT], "qas": [{**asked, "answers": inside}]}


def qamr(data: Path) -> dict[str, list[Article]]:
    parts = cut(articles(data / "qamr/validation.squad.json.gz"), (0.05, 0.0))
    return {**parts, "test": articles(data / "qamr/test.squad.json.gz")}


DATA: dict[str, Callable[[Path], dict[str, list[Article]]]] = {
    "squad": squad,
    "qamr": qamr,
    "xquad-en": xquad_en,
    "xquad-zh": xquad_zh,
}


def questions(found: list[Article]) -> Iterator[dict]:
    """Yield a row for each question that is one, and whose answers stand where they say."""
    for article in found:
        for paragraph in article["paragraphs"]:
            context = paragraph["context"]
            for asked in paragraph["qas"]:
                right = [
                    each
                    for each in asked["answers"]
                    if each["text"].strip()
                    and context.startswith(each["text"], each["answer_start"])
                ]
                if right and asked["question"].strip():
                    yield {"question": asked["question"], "context": context, "answers": right}


def write(rows: list[dict], most: int, target: Path) -> None:
    """Write at most so many rows, drawn evenly and always the same ones."""
    chosen = sorted(np.random.default_rng(0).permutation(len(rows))[:most].tolist())
    lines = (json.dumps(rows[i], ensure_ascii=False) for i in chosen)
    target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    defaults = {
        "teacher": "train:transformer:base",
        "student": "transformer:small",
        "epochs": "8",
    }
    given = make_parser(__doc__, tuple(DATA), **defaults).parse_args()
    folder = given.to / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "test.jsonl").is_file():
        for part, found in DATA[given.name](given.data).items():
            write(list(questions(found)), min(MOST[part], given.most), folder / f"{part}.jsonl")
    data = [
        *(str(folder / "train.jsonl"), "--validation", str(folder / "validation.jsonl")),
        *("--test", str(folder / "test.jsonl"), "--task", "question-answering"),
        *("--max-length", LENGTHS.get(given.name, "256")),
        *("--vocab-size", VOCABULARY.get(given.name, "8000")),
    ]
    epochs = EPOCHS[given.teacher.partition(":")[0]]
    teaching = ["--epochs", epochs, *TEACHING.get(given.name, ())]
    teach_and_run(given, data, teaching, RUNNING.get(given.name, ()))


if __name__ == "__main__":
    main()
