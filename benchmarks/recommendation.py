"""Recommendation (MovieLens, small): three seeds, beside popularity, matrix factorisation, TF-IDF.

    python -m benchmarks.recommendation --data ../shared/data --teacher hf:ENCODER \\
        --to runs/recommendation --out benchmarks/results/movielens_small.json

The teacher joins what users liked with the vectors of a sentence encoder. Popularity, factors and
TF-IDF are scored by the same code on the same examples: each ranks all items of a shelf. Flags are
those of `benchmarks.tables`, less the rows of a trial; `--student` may name several, with commas.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import runs
from benchmarks.tables import make_parser

FACTORS = (32, 64, 128)


def score_others(folder: Path) -> list[dict]:
    """Return rows of a report for what needs no student, by the code that scores students."""
    from tfkd.data.opening import open_data
    from tfkd.tasks import find
    from tfkd.tasks.recommendation.factorization import factorize
    from tfkd.tasks.recommendation.joined_vectors import collect_likes, item_texts

    task = find("recommendation")
    data = open_data(folder, reader=task)
    texts, test = item_texts(data), list(data.read("test"))
    number = {text: place for place, text in enumerate(texts)}
    likes = collect_likes(data, number)
    counts = np.bincount([item for each in likes for item in each], minlength=len(texts))
    # Every user gets the same vector, so that the most popular items come first.
    popularity = np.stack([np.ones(len(texts)), counts], axis=1)
    found = {"popularity": _score_popularity(task, popularity, test, number)}
    validation = list(data.read("validation"))
    tried = [factorize(likes, len(texts), factors) for factors in FACTORS]
    best = max(tried, key=lambda each: _score(task, each, validation, number)["ndcg@10"])
    found["factors"] = _score(task, best, test, number)
    found["TF-IDF"] = _score(task, _tfidf(texts), test, number)
    return [{"name": name, "scores": scores} for name, scores in found.items()]


def _tfidf(texts: Sequence[str]) -> np.ndarray:
    """Return the weights of the most frequent words of each text."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, max_features=4_096, dtype=np.float32)
    return np.asarray(words.fit_transform(texts).todense())


def _score(task, vectors: np.ndarray, examples: list, number: dict) -> dict[str, float]:
    """Return the scores of users who are the mean of the vectors of what they liked."""
    users = (vectors[[number[t] for t in each["liked"]]].mean(axis=0) for each in examples)
    return task.score(list(_answers(vectors, users, examples, number)), examples)


def _score_popularity(task, vectors: np.ndarray, examples: list, number: dict) -> dict[str, float]:
    users = (np.array([0.0, 1.0]) for _ in examples)
    return task.score(list(_answers(vectors, users, examples, number)), examples)


def _answers(vectors: np.ndarray, users, examples: list, number: dict) -> Iterator:
    from tfkd.tasks.recommendation.ranked_items import RankedItems

    for user, each in zip(users, examples, strict=True):
        yield RankedItems(user, vectors[[number[text] for text in each["candidates"]]])


def main() -> None:
    defaults = {"teacher": "train", "student": "static:small", "epochs": "10"}
    given: argparse.Namespace = make_parser(__doc__, **defaults).parse_args()
    folder = given.data / "movielens_small"
    arguments = [
        *(str(folder), "--recipe", "recommend", "--teacher", given.teacher),
        *("--student", given.student, "--epochs", given.epochs),
    ]
    others = score_others(folder)
    reports = [runs.run(arguments, seed, given.to / f"seed-{seed}") for seed in given.seeds]
    reports = [{**each, "rows": [*others, *each["rows"]]} for each in reports]
    runs.write(given, arguments, reports)


if __name__ == "__main__":
    main()
