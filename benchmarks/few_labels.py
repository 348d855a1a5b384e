"""No server and few labels: teachers from descriptions of classes or a few texts, and students.

    python -m benchmarks.few_labels --data ../shared/data --teacher hf:FOLDER --to runs/few \\
        --out benchmarks/results/few_labels.json --names ag_news banking77 trec
    python -m benchmarks.few_labels --data ../shared/data --teacher hf:CHINESE --to runs/few_zh \\
        --out benchmarks/results/few_labels_zh.json --names tnews --prefix "query: "

The teacher is an encoder whose vectors of all texts are computed once. With no labels it compares
texts with the descriptions below (`similar:`), with 8 or 64 of each class it is a logistic
regression (`few:`). All training texts, 10,000 at most, are distilled on without their labels. The
student alone has the few labels, and where there are none there is no such student. The seed draws
the labelled texts too. Of banking77, which has no test part here, a fifth is drawn as one.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.tables import make_parser

MOST, TEST, SHOTS = 10_000, 2_000, (0, 8, 64)


@dataclass(frozen=True)
class Source:
    """A data set: its files, the column of the label, and what its classes mean."""

    train: str
    test: str
    label: str
    classes: dict[str, str]


SOURCES = {
    "ag_news": Source(
        "ag_news/train_subset.jsonl.gz",
        "ag_news/test.jsonl.gz",
        "label",
        {
            "0": "world news, politics, war and diplomacy",
            "1": "sports, games, teams and players",
            "2": "business, companies, markets and the economy",
            "3": "science, technology, software and the internet",
        },
    ),
    "banking77": Source("banking77/train.jsonl.gz", "", "intent", {}),
    "trec": Source(
        "trec/train.jsonl.gz",
        "trec/test.jsonl.gz",
        "label",
        {
            "ABBR": "What does this abbreviation stand for?",
            "DESC": "What is the definition, the reason or the manner of something?",
            "ENTY": "What thing is it: an animal, a colour, a food, a product, a sport, a word?",
            "HUM": "Who is the person or the group?",
            "LOC": "Where is it: which city, country or place?",
            "NUM": "How many, how much, how long, or when: what number or date?",
        },
    ),
    "tnews": Source(
        "tnews/train.jsonl.gz",
        "tnews/validation.jsonl.gz",
        "label",
        {
            "news_agriculture": "农业、农村和农民",
            "news_car": "汽车",
            "news_culture": "文化、书画和历史",
            "news_edu": "教育、学校和考试",
            "news_entertainment": "娱乐、明星和电影",
            "news_finance": "财经、金融和投资",
            "news_game": "电子游戏和电竞",
            "news_house": "房产和楼市",
            "news_military": "军事和武器",
            "news_sports": "体育和比赛",
            "news_stock": "股票和股市",
            "news_story": "民间故事和情感故事",
            "news_tech": "科技、手机和互联网",
            "news_travel": "旅游和景点",
            "news_world": "国际新闻和外交",
        },
    ),
}


def read(file: Path, label: str, most: int) -> list[dict[str, str]]:
    """Return rows of text and label, drawn evenly; each text once."""
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        found = {row["text"]: str(row[label]) for row in map(json.loads, stream)}
    rows = [{"text": text, "label": name} for text, name in found.items()]
    order = np.random.default_rng(0).permutation(len(rows))[:most]
    return [rows[i] for i in order]


def split(given: argparse.Namespace, name: str) -> tuple[list, list, dict[str, str]]:
    """Return training rows, test rows and the descriptions of the classes."""
    source = SOURCES[name]
    train = read(given.data / source.train, source.label, given.most + given.most // 4)
    if source.test:
        test = read(given.data / source.test, source.label, min(TEST, given.most))
    else:
        cut = len(train) // 5
        train, test = train[cut:], train[:cut]
    tested = {row["text"] for row in test}
    train = [row for row in train if row["text"] not in tested][: min(MOST, given.most)]
    names = sorted({row["label"] for row in train})
    classes = source.classes or {each: each.replace("_", " ") for each in names}
    return train, test, classes


def write_rows(file: Path, rows: Sequence[dict[str, Any]]) -> str:
    """Write rows as lines of JSON; return the path."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(file)


def keep_vectors(given: argparse.Namespace, folder: Path, texts: Sequence[str]) -> None:
    """Store the encoder's vectors of all texts, by the text; what is there is not computed."""
    from tfkd import load_teacher, store, tasks
    from tfkd.progress import log_progress

    encoder = load_teacher(given.teacher, max_length=128, task=tasks.find("sentence-similarity"))

    def teacher(inputs: Any, reads: tuple[str, ...]) -> dict[str, np.ndarray]:
        some = [text.decode("utf-8") for text in inputs["text"].numpy()]
        ids = encoder.encoder.encode_many([f"{given.prefix}{text}" for text in some])
        rows = encoder.run([{"input_ids": each} for each in ids])
        return {"embedding": np.stack([row["embedding"] for row in rows])}

    teacher.fingerprint = given.prefix + given.teacher.rpartition("/")[2]  # type: ignore[attr-defined]  # a function holds any
    options = {"dtype": "float32", "precision": "float32", "reads": ("embedding",)}
    texts = sorted(set(texts), key=len)
    store.write(folder, teacher, texts, **options, verbose=0, progress=log_progress)


def label_few(rows: Sequence[dict[str, str]], shots: int, seed: int) -> list[dict[str, Any]]:
    """Return rows of which some of each class keep their label, drawn by the seed."""
    order = np.random.default_rng(seed).permutation(len(rows))
    left: dict[str, int] = {}
    kept = set()
    for place in order.tolist():
        name = rows[place]["label"]
        if left.setdefault(name, shots):
            left[name] -= 1
            kept.add(place)
    return [{**row, "label": row["label"] if i in kept else None} for i, row in enumerate(rows)]


def score(given: argparse.Namespace, name: str, shots: int, seed: int) -> dict[str, float]:
    """Return the accuracy of each model of a run, which is carried out unless it is done."""
    import tomli_w

    room = given.to / name
    folder = room / f"{shots}-{seed}"
    if not (folder / "report.json").is_file():
        room.mkdir(parents=True, exist_ok=True)
        train, test, classes = split(given, name)
        texts = [row["text"] for row in (*train, *test)]
        keep_vectors(given, room / "vectors", [*texts, *classes.values()])
        (room / "classes.toml").write_text(tomli_w.dumps({"classes": classes}), encoding="utf-8")
        rows = label_few(train, shots, seed)
        few = [row for row in rows if row["label"] is not None]
        files = [write_rows(room / f"train-{shots}-{seed}.jsonl", rows)]
        files += ["--test", write_rows(room / "test.jsonl", test)]
        if few:
            files += ["--validation", write_rows(room / f"few-{shots}-{seed}.jsonl", few)]
        kind = ["few"] if shots else ["similar", "--classes", str(room / "classes.toml")]
        kind[0] = f"{kind[0]}:store:{room / 'vectors'}"
        training = ["--student", given.student, "--epochs", given.epochs, "--max-length", "64"]
        training += ["--text-column", "text", "--label-column", "label"]
        runs.run([*files, "--teacher", *kind, *training], seed, folder)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {
        "exported" if row["name"].startswith("exported") else row["name"]: row["scores"]["accuracy"]
        for row in report["rows"]
    }


def main() -> None:
    parser = make_parser(__doc__, teacher="", student="ngram_cnn:small", epochs="10")
    parser.add_argument("--names", nargs="+", default=list(SOURCES), choices=list(SOURCES))
    parser.add_argument("--shots", type=int, nargs="+", default=list(SHOTS))
    parser.add_argument("--prefix", default="", help="words before each text, as E5 wants them")
    given = parser.parse_args()
    cells = [(name, shots) for name in given.names for shots in given.shots]
    titles = {0: "descriptions alone"}
    measures = {
        f"{name}-{shots}": {
            "title": f"{name}, {titles.get(shots, f'{shots} labels a class')}",
            "unit": "share",
        }
        for name, shots in cells
    }
    found = {}
    for seed in given.seeds:
        scores = {f"{n}-{shots}": score(given, n, shots, int(seed)) for n, shots in cells}
        models = ("teacher", "alone", "distilled", "exported")
        rows = [
            {"name": model, "scores": {k: v[model] for k, v in scores.items() if model in v}}
            for model in models
        ]
        found[seed] = {"rows": rows, "measures": measures}
    command = ["benchmarks.few_labels", "--student", given.student, "--epochs", given.epochs]
    facts = {"command": [*command, "--names", *given.names], "seeds": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(runs.table(list(found.values())))


if __name__ == "__main__":
    main()
