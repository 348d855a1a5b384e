"""A whole service desk: intents, refusal, answers and the time of a reply, on Bitext's chats.

    python -m benchmarks.service_desk --data ../shared/data --teacher hf:ENCODER \\
        --to runs/desk --out benchmarks/results/service_desk.json

Each seed is one `tfkd distill --recipe service-desk`. An answer is right where it was given to a
question of the same intent, since no two answers of the data are equal. Questions are searched
twice: among the answers to training questions, and among these questions, whose answers are then
given. Unknown questions are those of CLINC150's test split.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SOURCE, UNKNOWN = "bitext_customer_support/all.jsonl.gz", "clinc150/test.jsonl.gz"
COLUMNS = ("text", "intent", "response")
SHARES = {"test": 0.2, "validation": 0.1}
TIMED = 200
"""Questions whose replies are timed."""
MEASURES = ("mrr", "recall@1", "recall@5", "ndcg@10")
TITLES = {
    "intent": "questions with the right intent",
    "known_given": "questions that are given an intent",
    "given_right": "of these, the right one",
    "unknown_refused": "unknown questions that are refused",
    "auroc": "AUROC, known against unknown",
    "first_right": "first answer of the right intent",
    "any_right": "one of the three answers of the right intent",
}
Embed = Callable[[list[str]], np.ndarray]


def read(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def split(source: Path, most: int, folder: Path) -> dict[str, list[dict]]:
    """Return rows by split, always the same ones, and write them to files."""
    rows = read(source)
    order = np.random.default_rng(0).permutation(len(rows))[:most].tolist()
    parts = {}
    for part, share in SHARES.items():
        cut = round(share * min(most, len(rows)))
        parts[part], order = order[:cut], order[cut:]
    parts["train"] = order
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for part, chosen in parts.items():
        found[part] = [{name: rows[i][name] for name in COLUMNS} for i in sorted(chosen)]
        lines = "".join(f"{json.dumps(row)}\n" for row in found[part])
        (folder / f"{part}.jsonl").write_text(lines, encoding="utf-8")
    return found


def distill(data: Path, teacher: str, seed: int, folder: Path, more: list[str]) -> None:
    """Make a desk, unless it is there."""
    from tfkd.cli import main

    files = ["--validation", str(data / "validation.jsonl"), "--test", str(data / "test.jsonl")]
    command = ["distill", str(data / "train.jsonl"), *files, "--recipe", "service-desk"]
    command += [flag for spec in teacher.split(" ") for flag in ("--teacher", spec)]
    command += ["--seed", str(seed), "--to", str(folder), *more]
    if not (folder / "desk.json").is_file() and (code := main(command)):
        raise SystemExit(code)


def run_of(model: Any) -> Embed:
    """Return a model with a tokenizer as a function of texts to vectors of length 1."""
    from tfkd.tasks import EMBEDDING
    from tfkd.text.row_encoding import encode_rows

    def embed(texts: list[str]) -> np.ndarray:
        outputs = model.run(encode_rows(model.encoder, texts))
        vectors = np.stack([np.asarray(each[EMBEDDING], "float64") for each in outputs])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)

    return embed


def tfidf(texts: list[str]) -> Embed:
    from sklearn.feature_extraction.text import TfidfVectorizer

    fitted = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(texts)
    return lambda given: fitted.transform(given).toarray()


def score(embed: Embed, rows: dict[str, list[dict]]) -> dict[str, dict[str, float]]:
    """Return how well answers are found, among answers and among questions."""
    from tfkd.tasks.ranking import score_retrieval

    asked = embed([row["text"] for row in rows["test"]])
    intents = {part: np.array([row["intent"] for row in rows[part]]) for part in rows}
    relevant = intents["test"][:, None] == intents["train"][None]
    answerable = relevant.any(axis=1)
    found = {}
    for searched, column in (("answers", "response"), ("questions", "text")):
        similarities = asked @ embed([row[column] for row in rows["train"]]).T
        scores = score_retrieval(similarities[answerable], relevant[answerable])
        # Of hundreds of right answers the first ten are few: whether one is right is what counts.
        scores["recall@1"], scores["recall@5"] = (
            one_of_first(similarities[answerable], relevant[answerable], most) for most in (1, 5)
        )
        found[searched] = {name: scores[name] for name in MEASURES}
    return found


def one_of_first(similarities: np.ndarray, relevant: np.ndarray, most: int) -> float:
    """Return the share of questions with a right answer among the first."""
    first = np.argsort(-similarities, axis=1, kind="stable")[:, :most]
    return float(np.take_along_axis(relevant, first, axis=1).any(axis=1).mean())


def measure_desk(folder: Path, rows: dict[str, list[dict]], unknown: list[str]) -> dict:
    """Return what a finished desk does with the test questions and with unknown ones."""
    from tfkd.reporting.refusal import auroc
    from tfkd.runtime import Index, ServiceDesk

    whole = ServiceDesk.load(folder)
    # A desk knows all questions of its data; here the test questions would find themselves.
    columns = ([row[name] for row in rows["train"]] for name in ("text", "response"))
    index = Index.of(whole.answers, *columns)
    desk = ServiceDesk(whole.intents, whole.answers, index=index, unknown=whole.unknown)
    questions = [row["text"] for row in rows["test"]]
    intents = np.array([row["intent"] for row in rows["test"]])
    replies, others = desk.reply_all(questions), desk.reply_all(unknown)
    by_answer = {row["response"]: row["intent"] for part in rows.values() for row in part}
    named = np.array([reply.intent for reply in replies])
    known = np.array([reply.known for reply in replies])
    right = np.array(
        [
            [by_answer[each.text] == intent for each in reply.answers]
            for reply, intent in zip(replies, intents, strict=True)
        ]
    )
    confidence = np.array([reply.confidence for reply in [*replies, *others]])
    seconds = 1000 * desk.latency(questions[:TIMED])
    files = {each: folder / each for each in ("intents/student.tflite", "answers/student.tflite")}
    return {
        "intent": float((named == intents).mean()),
        "known_given": float(known.mean()),
        "given_right": float((named == intents)[known].mean()),
        "unknown_refused": float(np.mean([not reply.known for reply in others])),
        "auroc": auroc(-confidence, np.arange(len(confidence)) >= len(replies)),
        "first_right": float(right[:, 0].mean()),
        "any_right": float(right.any(axis=1).mean()),
        "p50_ms": float(np.percentile(seconds, 50)),
        "p99_ms": float(np.percentile(seconds, 99)),
        "bytes": {name: file.stat().st_size for name, file in files.items()},
        "index_bytes": (folder / "answers.index").stat().st_size,
        "index": len(desk.index),
    }


def baselines(teacher: str, rows: dict[str, list[dict]], kept: Path) -> dict[str, dict]:
    """Return the scores of TF-IDF, the teacher, and a static model that it made; counted once."""
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    from tfkd import students, tasks, teachers

    spec = teacher.partition("answers=")[2].split(" ")[0] or teacher
    large = teachers.load_teacher(spec, task=tasks.find("sentence-similarity"))
    texts = [row[column] for row in rows["train"] for column in ("text", "response")]
    found = {
        "TF-IDF": score(tfidf(texts), rows),
        "teacher": score(run_of(large), rows),
        "not distilled": score(run_of(students.static_from(large, 256, texts=texts)), rows),
    }
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def tables(found: dict) -> list[str]:
    """Return both tables as Markdown: the mean over seeds, and from where to where."""

    def cell(values: list[float], factor: float = 100.0, places: int = 1) -> str:
        numbers = factor * np.array(values)
        span = f" ({numbers.min():.{places}f} to {numbers.max():.{places}f})"
        return f"{numbers.mean():.{places}f}{span if len(numbers) > 1 else ''}"

    of_seed = [each["answers"] for each in found["seeds"].values()]
    models = {**{name: [each] for name, each in found["baselines"].items()}, "distilled": of_seed}
    lines = [f"| % | {' | '.join(models)} |", f"| --- |{' ---: |' * len(models)}"]
    for searched in ("answers", "questions"):
        for name in MEASURES:
            cells = [cell([each[searched][name] for each in some]) for some in models.values()]
            lines.append(f"| {name}, among {searched} | {' | '.join(cells)} |")
    desks = [each["desk"] for each in found["seeds"].values()]
    lines += ["", "| the whole desk | % |", "| --- | ---: |"]
    lines += [f"| {title} | {cell([d[name] for d in desks])} |" for name, title in TITLES.items()]
    lines += [
        f"| milliseconds of a reply, {name[:3]} | {cell([d[name] for d in desks], 1, 2)} |"
        for name in ("p50_ms", "p99_ms")
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--teacher", required=True, help="hf:FOLDER, or one a part")
    parser.add_argument("--to", type=Path, required=True, help="folder of the desks")
    parser.add_argument("--out", type=Path, required=True, help="the results, as JSON")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--most", type=int, default=10**9, help="rows of the data, for a trial")
    given, more = parser.parse_known_args()
    from tfkd.runtime import load

    rows = split(given.data / SOURCE, given.most, given.to / "data")
    unknown = [r["text"] for r in read(given.data / UNKNOWN) if r["intent"] == "oos"]
    seeds = {}
    for seed in given.seeds:
        folder = given.to / f"seed-{seed}"
        distill(given.to / "data", given.teacher, seed, folder, more)
        answers = load(folder / "answers/student.tflite")
        seeds[str(seed)] = {
            "answers": score(answers.embed, rows),
            "desk": measure_desk(folder, rows, unknown),
        }
    first = given.to / f"seed-{given.seeds[0]}"
    facts = {
        "texts": {part: len(each) for part, each in rows.items()},
        "unknown": len(unknown),
        "environment": json.loads((first / "intents/environment.json").read_text()),
        "baselines": baselines(given.teacher, rows, given.to / "baselines.json"),
        "seeds": seeds,
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print("\n".join(tables(facts)))


if __name__ == "__main__":
    main()
