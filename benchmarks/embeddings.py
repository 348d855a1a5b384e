"""Sentence embeddings: an encoder distilled into small ones on texts alone, over several seeds.

    python -m benchmarks.embeddings --data ../shared/data --teacher hf:FOLDER \\
        --to runs/embeddings --out benchmarks/results/embeddings.json

The texts are captions (Multi30k), news (AG News), and sentences of reviews (IMDB, SST-2) and
questions (TREC), without labels; none of them is among those that are scored: STS-B and SICK
(validation) and the answers of TREC QA (test). Of questions that have right answers and wrong ones
all candidates are ranked, as papers do. What is scored are the exported files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.tables import make_parser

DIMENSIONS = 256
STUDENTS = {
    "1 MB": ("static:tiny", ("--set", "width=96", "--vocab-size", "8000")),
    "4 MB": ("static:base", ("--vocab-size", "12000")),
    "shrink:3": ("shrink:3", ("--set", "vocabulary=8000", "--epochs", "3")),
}
WIDTHS = {"1 MB": 96, "4 MB": 256}
SOURCES = {
    "multi30k/en-de/train.jsonl.gz": ("src", 10_000),
    "ag_news/train_subset.jsonl.gz": ("text", 7_000),
    "imdb/train.jsonl.gz": ("text", 7_000),
    "sst2/train_sentences.jsonl.gz": ("text", 3_000),
    "trec/train.jsonl.gz": ("text", 3_000),
}
MEASURES = {
    "stsb": {"title": "STS-B, Spearman", "unit": "correlation"},
    "sick": {"title": "SICK, Spearman", "unit": "correlation"},
    "mrr": {"title": "TREC QA, MRR", "unit": "correlation"},
    "ndcg@10": {"title": "TREC QA, NDCG@10", "unit": "correlation"},
    "megabytes": {"title": "file, MB", "unit": "number"},
}
Embed = Callable[[Sequence[str]], np.ndarray]
Pairs = list[tuple[str, str, float]]


def read(file: Path) -> Iterator[dict]:
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def scored_pairs(data: Path) -> dict[str, Pairs]:
    """Return the pairs of each set that is scored, with their numbers."""
    found = {
        name: [(r["sentence1"], r["sentence2"], r["score"]) for r in read(data / name / file)]
        for name, file in (("stsb", "validation.jsonl.gz"), ("sick", "validation.jsonl.gz"))
    }
    rows = list(read(data / "trecqa" / "test.jsonl.gz"))
    kinds: dict[str, set] = {}
    for row in rows:
        kinds.setdefault(row["question"], set()).add(row["label"])
    found["trecqa"] = [
        (r["question"], r["answer"], r["label"]) for r in rows if len(kinds[r["question"]]) == 2
    ]
    return found


def write_texts(data: Path, sets: dict[str, Pairs], file: Path, most: int) -> None:
    """Write one short sentence a line, none of which is scored."""
    scored = {
        text.strip().casefold() for pairs in sets.values() for *two, _ in pairs for text in two
    }
    texts: dict[str, None] = {}
    for source, (column, count) in SOURCES.items():
        sentences: dict[str, None] = {}
        for row in read(data / source):
            whole = re.sub(r"<[^>]+>", " ", row[column])
            for text in re.split(r"(?<=[.!?]) +(?=[A-Z])", whole):
                text = " ".join(text.split())
                if 4 <= len(text.split()) <= 40 and text.casefold() not in scored:
                    sentences[text] = None
        order = np.random.default_rng(0).permutation(len(sentences))[: min(count, most)]
        known = list(sentences)
        texts |= dict.fromkeys(known[i] for i in order)
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")


def score(embed: Embed, sets: dict[str, Pairs]) -> dict[str, float]:
    """Return the scores of a model on all sets."""
    from tfkd import tasks
    from tfkd.data import Example
    from tfkd.tasks.sentence_similarity.vectors import Embedded

    scores: dict[str, float] = {}
    for name, pairs in sets.items():
        examples = [Example(text=a, text_pair=b, score=float(s)) for a, b, s in pairs]
        texts = list(dict.fromkeys(text for *two, _ in pairs for text in two))
        vectors = dict(zip(texts, embed(texts), strict=True))
        answers = [Embedded(np.stack([vectors[a], vectors[b]])) for a, b, _ in pairs]
        kind = {"scored_by": "retrieval"} if name == "trecqa" else {}
        found = tasks.find("sentence-similarity", kind).score(answers, examples)
        scores |= (
            {name: found["spearman"]} if not kind else {k: found[k] for k in MEASURES if k in found}
        )
    return scores


def embed_by(model: Any) -> Embed:
    """Return a model with its tokenizer as a function of texts."""

    def embed(texts: Sequence[str]) -> np.ndarray:
        rows = [{"input_ids": ids} for ids in model.encoder.encode_many(list(texts))]
        return np.stack([row["embedding"] for row in model.run(rows)])

    return embed


def tfidf(file: Path) -> Embed:
    """Return TF-IDF of words and pairs of words, with the weights of the texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=20_000)
    vectorizer.fit(file.read_text(encoding="utf-8").splitlines())
    return lambda texts: vectorizer.transform(texts).toarray().astype("float32")


def remember(file: Path, make: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Return scores that a file has, or make them and write it."""
    if not file.is_file():
        file.write_text(json.dumps(make()), encoding="utf-8")
    return json.loads(file.read_text(encoding="utf-8"))


def run(given: argparse.Namespace, name: str, seed: str, texts: Path) -> Path:
    """Distil one student, unless that is done; return its folder."""
    student, flags = STUDENTS[name]
    folder = given.to / f"{name.replace(' ', '').replace(':', '-')}-{seed}"
    shared = ("--task", "sentence-similarity", "--task-set", f"dimensions={DIMENSIONS}")
    training = ("--epochs", given.epochs, "--batch-size", "256", "--max-length", "64")
    runs.run(
        [
            *(str(texts), *shared, "--teacher", given.teacher, "--student", student),
            *(*training, *flags, "--no-alone"),
        ],
        int(seed),
        folder,
    )
    return folder


def undistilled(given: argparse.Namespace, folder: Path, texts: Path, width: int) -> Embed:
    """Return a static model with the tokenizer of a run, made of the teacher without training."""
    from tfkd import load_teacher, runtime, tasks
    from tfkd.students import static_from

    teacher = load_teacher(given.teacher, task=tasks.find("sentence-similarity"))
    encoder = runtime.load(folder / "student.tflite").encoder
    lines = texts.read_text(encoding="utf-8").splitlines()
    return embed_by(static_from(teacher, width, encoder=encoder, texts=lines))


def rows_of(
    given: argparse.Namespace, name: str, seed: str, sets: dict[str, Pairs], texts: Path
) -> list[dict]:
    """Return the rows of one student: without and with distillation, of the same size."""
    from tfkd import runtime

    folder = run(given, name, seed, texts)
    file, rows = folder / "student.tflite", []
    if name in WIDTHS:
        start = remember(
            folder / "undistilled.json",
            lambda: score(undistilled(given, folder, texts, WIDTHS[name]), sets),
        )
        rows.append((f"{name}, not distilled", start))
    scores = remember(folder / "scores.json", lambda: score(embed_by(runtime.load(file)), sets))
    rows.append((f"{name}, distilled", scores))
    size = {"megabytes": file.stat().st_size / 1e6}
    return [{"name": title, "scores": {**each, **size}} for title, each in rows]


def score_teacher(given: argparse.Namespace, sets: dict[str, Pairs]) -> dict[str, float]:
    from tfkd import load_teacher, tasks

    teacher = load_teacher(given.teacher, task=tasks.find("sentence-similarity"))
    return {**score(embed_by(teacher), sets), "megabytes": 4e-6 * (teacher.parameters or 0)}


def main() -> None:
    parser = make_parser(__doc__, teacher="", student="", epochs="20")
    parser.add_argument("--students", nargs="+", default=list(STUDENTS), choices=list(STUDENTS))
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    sets, texts = scored_pairs(given.data), given.to / "texts.txt"
    if not texts.is_file():
        write_texts(given.data, sets, texts, given.most)
    teacher = remember(given.to / "teacher.json", lambda: score_teacher(given, sets))
    words = remember(given.to / "tfidf.json", lambda: score(tfidf(texts), sets))
    same = {"teacher": teacher, "TF-IDF": {**words, "megabytes": 0.0}}
    found = {
        seed: {
            "rows": [
                *({"name": name, "scores": scores} for name, scores in same.items()),
                *(
                    row
                    for name in given.students
                    for row in rows_of(given, name, seed, sets, texts)
                ),
            ],
            "measures": MEASURES,
        }
        for seed in given.seeds
    }
    command = ["benchmarks.embeddings", "--epochs", given.epochs, "--students", *given.students]
    facts = {"command": command, "seeds": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(runs.table(list(found.values())))


if __name__ == "__main__":
    main()
