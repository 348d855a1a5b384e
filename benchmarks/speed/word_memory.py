"""An answer to a review that was not seen before, with and without a memory of words.

python -m benchmarks.speed.word_memory runs/imdb/student.tflite \\
    --texts ../shared/data/imdb/test.jsonl.gz --out benchmarks/results/word_memory.json

Both read each review, one after the other, in turns; the first reviews fill the memory.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from pathlib import Path

import numpy as np

from tfkd import runtime

SEEN, TIMED = 10_000, 2_000


def read(path: Path) -> list[str]:
    """Return the reviews of a file, in an order that is always the same."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    return [texts[i] for i in np.random.default_rng(0).permutation(len(texts))]


def open_pair(path: Path) -> dict[str, runtime.Predictor]:
    """Return the file with a memory of words, and without one."""
    pair = {name: runtime.load(path) for name in ("with", "without")}
    pair["without"].encoder._make_cache = lambda: None
    return pair


def seconds(call, *arguments) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    texts = read(given.texts)
    seen, timed = texts[:SEEN], texts[SEEN : SEEN + TIMED]
    pair = open_pair(given.file)
    pair["with"].encoder.encode_many(seen)
    rows = {name: [one.rows_of([text])[0] for text in timed[:100]] for name, one in pair.items()}
    for one, other in zip(rows["with"], rows["without"], strict=True):
        assert [row["input_ids"] for row in one] == [row["input_ids"] for row in other]
    times: dict[str, list[float]] = {f"{what}, {name}": [] for name in pair for what in WHAT}
    for place, text in enumerate(timed):
        for name in sorted(pair, reverse=bool(place % 2)):
            predictor = pair[name]
            times[f"tokenizer, {name}"].append(seconds(predictor.encoder.encode, text))
        for name in sorted(pair, reverse=bool(place % 2)):
            # The review's words are known by now; another one is answered.
            other = texts[(SEEN + TIMED + place) % len(texts)]
            times[f"answer, {name}"].append(seconds(pair[name].predict, [other]))
    medians = {name: float(np.median(each)) * 1e3 for name, each in times.items()}
    ratios = {what: medians[f"{what}, without"] / medians[f"{what}, with"] for what in WHAT}
    found = {"reviews": TIMED, "seen": SEEN, "ms": medians, "times as fast": ratios}
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


WHAT = ("tokenizer", "answer")


if __name__ == "__main__":
    main()
