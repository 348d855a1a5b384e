"""What a run does with its texts, stage by stage: time and memory at 10,000 to a million texts.

    python -m benchmarks.speed.stages --out benchmarks/results/stages_speed.json

Each size runs in a process of its own, on texts of 8 to 24 words that are drawn as often as they
come in English. Beside the stages stands a plain read of the same file: each line by `json`, and
its text by `tokenizers` in lots of 1,000. The teacher's outputs are any numbers: they cost nothing.
Seconds are those of all processors together.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (10_000, 100_000, 1_000_000)
WORDS, CLASSES, LOT = 30_000, 4, 1_000
PLAIN = "plain read, with the tokenizer"


def write_texts(path: Path, count: int) -> None:
    """Write texts of words whose frequencies fall as 1 / rank (Zipf), each with a label."""
    draw = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlu"))
    names = ["".join(draw.choice(letters, draw.integers(2, 10))) for _ in range(WORDS)]
    shares = 1 / np.arange(1, WORDS + 1)
    bounds = np.cumsum(shares / shares.sum())
    with path.open("w", encoding="utf-8") as file:
        for i in range(count):
            drawn = np.searchsorted(bounds, draw.random(draw.integers(8, 25)))
            text = " ".join(names[min(place, WORDS - 1)] for place in drawn)
            file.write(json.dumps({"text": f"{text} {i}", "label": f"class {i % CLASSES}"}) + "\n")


def read_plainly(path: Path, tokenizer: Any) -> None:
    """Read all texts, and find the ids of each."""
    texts: list[str] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            texts.append(json.loads(line)["text"])
            if len(texts) == LOT:
                tokenizer.encode_batch(texts)
                texts = []
    tokenizer.encode_batch(texts)


def run(size: int) -> dict[str, list[float]]:
    """Return seconds of processors and the peak of memory in MB, by stage."""
    from tfkd import store
    from tfkd.data import open_data
    from tfkd.data.encoded_writer import encode
    from tfkd.data.feeding import Feed
    from tfkd.running.targets import open_outputs
    from tfkd.tasks import find
    from tfkd.text import learn

    found: dict[str, list[float]] = {}

    def measure(name: str, stage: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = stage()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found[name] = [round(time.process_time() - start, 3), round(peak)]
        return result

    with tempfile.TemporaryDirectory() as folder:
        path, held_out = Path(folder) / "train.jsonl", Path(folder) / "test.jsonl"
        write_texts(path, size)
        write_texts(held_out, 100)
        task = find("text-classification")
        rows = (json.loads(line)["text"] for line in path.open(encoding="utf-8"))
        encoder = learn([next(rows) for _ in range(5_000)], vocab_size=8_000, max_length=64)
        measure(PLAIN, lambda: read_plainly(path, encoder.tokenizer))
        data = measure("open: counts and classes", lambda: open_data(path, test=held_out))
        encoded = measure(
            "encode",
            lambda: encode(
                data.read("train"), task, encoder, Path(folder) / "rows", schema=data.schema
            ),
        )
        targets = Path(folder) / "targets"
        measure(
            "store a teacher's outputs",
            lambda: store.write(targets, _answer, encoded, verbose=0),
        )
        outputs = measure("join them", lambda: open_outputs(targets, encoded, {}))
        feed = Feed(encoded, 256, seed=0, targets=outputs)
        measure("sort and batch, one epoch", lambda: _pass(feed.batches()))
    return found


def _answer(inputs: Any) -> dict[str, np.ndarray]:
    return {"logits": np.zeros((len(np.asarray(inputs)), CLASSES), "float32")}


def _pass(batches: Iterator) -> None:
    for _ in batches:
        pass


def table(found: dict[str, dict[str, list[float]]]) -> str:
    """Return the stages of the largest size as Markdown, beside those of the one before it."""
    (less, before), (most, last) = list(found.items())[-2:]
    lines = [
        f"| stage | {less} texts | {most} texts | of the plain read | peak of memory |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, (seconds, peak) in last.items():
        lines.append(
            f"| {name} | {before[name][0]:.1f} s | {seconds:.1f} s "
            f"| {seconds / last[PLAIN][0]:.2f} | {peak:,.0f} MB |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure all sizes, write what was found, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.size:
        print(json.dumps(run(given.size)))
        return
    found = {}
    for size in given.sizes:
        command = [sys.executable, "-m", "benchmarks.speed.stages", "--size", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        found[f"{size:,}"] = json.loads(done.stdout.splitlines()[-1])
        print(size, found[f"{size:,}"], flush=True)
    if given.out:
        from tfkd.running.folder import describe_environment

        facts = {"environment": describe_environment(), "[seconds, MB] by stage": found}
        given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
