"""`tfkd watch`: false alarms on shuffled texts, and the delay of alarms after planted changes.

    python -m benchmarks.watch --texts tweets.jsonl --out benchmarks/results/watch.json

What is counted are the labels of the texts, since the test is measured and not a model; with
`--model FILE.tflite` it is the answers of a file. They are drawn anew with each seed, as a stream:
without a change for the false alarms; for the delays the share of one class is raised or lowered
from a text on, by drawing texts of this class more or less often. The stream goes through what
`tfkd watch` counts with, without its files.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from tfkd.runtime import load
from tfkd.watching import WatchSettings
from tfkd.watching.topic_rates import TopicRates

TEXTS = 20_000
"""Of a stream without a change."""
BEFORE, AFTER = 1_000, 4_000
"""Texts before a planted change, and after it."""
FACTORS = (3.0, 2.0, 1.5, 0.5)
"""Of the share of a class, once it has changed."""


def classify(model: Path | None, texts: Path) -> tuple[list[str], np.ndarray]:
    """Return the classes, and the number of the class of each text; its label without a model."""
    rows = [json.loads(line) for line in texts.read_text(encoding="utf-8").strip().split("\n")]
    if model is None:
        names = [row["label"] for row in rows]
        classes = sorted(set(names))
    else:
        predictor = load(model)
        names = [answer.label for answer in predictor.predict([row["text"] for row in rows])]
        classes = list(predictor.task.countable(predictor.schema))
    return classes, np.array([classes.index(name) for name in names])


def alarms(classes: list[str], stream: np.ndarray, topics: int, **settings: float) -> list[dict]:
    """Return the alarms of a stream of numbers of classes; topics take turns."""
    rates = TopicRates(WatchSettings(window="500", **settings), classes)
    found = []
    for number, place in enumerate(stream):
        topic = f"topic {number % topics}" if topics else ""
        events = rates.add(number, time=60.0 * number, topic=topic, hits=[classes[place]])
        found += [event for event in events if event["event"] == "alarm"]
    return found


def measure_false(classes: list[str], answers: np.ndarray, seeds: int) -> list[dict]:
    """Return the false alarms among texts in an order without news, by the run length set."""
    rows = []
    for length in (1_000, 10_000):
        for topics in (0, 3):
            count = 0
            for seed in range(seeds):
                stream = np.random.default_rng(seed).choice(answers, TEXTS)
                count += len(alarms(classes, stream, topics, run_length=length))
            texts = TEXTS * seeds
            rows.append({"run_length": length, "topics": topics, "texts": texts, "alarms": count})
    return rows


def measure_delay(classes: list[str], answers: np.ndarray, seeds: int) -> list[dict]:
    """Return after how many texts a change of the share of a class is an alarm."""
    rows = []
    for place, name in enumerate(classes):
        share = float(np.mean(answers == place))
        for factor in FACTORS:
            changed = share * factor
            if changed > 0.9:
                continue
            delays, early = [], 0
            for seed in range(seeds):
                rng = np.random.default_rng(1_000 + seed)
                before = rng.choice(answers, BEFORE)
                weights = np.where(answers == place, changed / share, (1 - changed) / (1 - share))
                after = rng.choice(answers, AFTER, p=weights / weights.sum())
                found = [a["line"] for a in alarms(classes, np.append(before, after), 0)]
                early += any(line < BEFORE for line in found)
                late = [line - BEFORE + 1 for line in found if line >= BEFORE]
                delays.append(late[0] if late else None)
            known = [delay for delay in delays if delay is not None]
            rows.append(
                {
                    "class": name,
                    "before": share,
                    "after": changed,
                    "found": len(known),
                    "of": seeds,
                    "early": early,
                    "delay": float(np.median(known)) if known else None,
                    "slowest": max(known, default=None),
                }
            )
    return rows


def write_stream(texts: Path, path: Path, bad: str) -> None:
    """Write a stream of the texts: a text a minute of two topics, one of which turns bad.

    Args:
        texts: Lines of JSON with a text and a label.
        path: The stream.
        bad: The label of which there are three times as many in the second topic in the end.
    """
    rows = [json.loads(line) for line in texts.read_text(encoding="utf-8").strip().split("\n")]
    is_bad = np.array([row["label"] == bad for row in rows])
    share = is_bad.mean()
    tripled = np.where(is_bad, 3.0, (1 - 3 * share) / (1 - share))
    rng, start = np.random.default_rng(0), datetime(2026, 3, 2, tzinfo=UTC)
    lines = []
    for minute in range(3_000):
        topic = ("oil", "banks")[minute % 2]
        turned = topic == "banks" and minute >= 2_000
        row = rows[rng.choice(len(rows), p=tripled / tripled.sum() if turned else None)]
        time = (start + timedelta(minutes=minute)).isoformat()
        record = {"time": time, "topic": topic, "text": row["text"]}
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def show(facts: dict) -> str:
    """Return both tables as Markdown."""
    lines = [
        "| `--run-length` | topics | texts | false alarms | texts for one |",
        "|" + " ---: |" * 5,
    ]
    for row in facts["false"]:
        each = f"{row['texts'] / row['alarms']:,.0f}" if row["alarms"] else "none"
        topics = row["topics"] or "none"
        lines.append(
            f"| {row['run_length']:,} | {topics} | {row['texts']:,} | {row['alarms']} | {each} |"
        )
    lines += ["", "| class | before | after | found | texts until the alarm: median | most |"]
    lines += ["| --- |" + " ---: |" * 5]
    for row in facts["delay"]:
        delay, most = (f"{value:,.0f}" if value else "" for value in (row["delay"], row["slowest"]))
        lines.append(
            f"| {row['class']} | {row['before']:.1%} | {row['after']:.1%} | {row['found']} of "
            f"{row['of']} | {delay} | {most} |".replace("%", " %")
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", type=Path, help="an exported file; by default labels are counted"
    )
    parser.add_argument("--texts", type=Path, required=True, help="lines of JSON with a text")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=20, help="streams of each kind")
    parser.add_argument("--stream", type=Path, help="also write a stream with a planted change")
    given = parser.parse_args()
    if given.stream:
        write_stream(given.texts, given.stream, "negative")
    classes, answers = classify(given.model, given.texts)
    facts = {
        "texts": len(answers),
        "seeds": given.seeds,
        "shares": {name: float(np.mean(answers == i)) for i, name in enumerate(classes)},
        "false": measure_false(classes, answers, given.seeds),
        "delay": measure_delay(classes, answers, given.seeds),
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(show(facts))


if __name__ == "__main__":
    main()
