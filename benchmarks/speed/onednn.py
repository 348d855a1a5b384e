"""Training steps with TensorFlow's oneDNN kernels and without them, where the processor leaves them off.

    python -m benchmarks.speed.onednn --out benchmarks/results/onednn_speed.json

TensorFlow takes these kernels by itself on x86 processors with AVX-512 VNNI, and leaves them off on
others. Processes with `TF_ENABLE_ONEDNN_OPTS=1` and `0` are started in turns, on one thread each,
and the medians of their processor's seconds for a step are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

from tfkd.running.folder import describe_environment

STUDENTS = {
    "MiniLM (6 layers, 384)": ("transformer", "base", {"layers": 6, "width": 384, "heads": 12}),
    "transformer:small": ("transformer", "small", {}),
    "bilstm:small": ("bilstm", "small", {}),
    "text_cnn:small": ("text_cnn", "small", {}),
    "ngram_cnn (the default)": ("ngram_cnn", "base", {}),
}
WIDTHS = {"of 16 tokens": 16, "of 128 tokens": 128}
STEP = """
import json, sys, time
import keras, numpy as np
from tfkd import students
kind, size, settings, width, steps = json.loads(sys.argv[1])
model = students.build(kind, 16_000, 2, size, seed=0, **settings)
random = np.random.default_rng(0)
ids = random.integers(5, 16_000, (32 * steps, width)).astype("int32")
labels = random.integers(0, 2, len(ids))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile("adam", loss=loss)
model.fit(ids, labels, batch_size=32, verbose=0, shuffle=False)
start = time.process_time()
model.fit(ids, labels, batch_size=32, verbose=0, shuffle=False)
print("SECONDS", (time.process_time() - start) / steps)
"""


def time_step(name: str, width: int, steps: int, *, onednn: bool) -> float:
    """Return the processor's seconds of a training step of 32 texts, in a process of its own."""
    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = {**os.environ, **dict.fromkeys(threads, "1"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["TF_ENABLE_ONEDNN_OPTS"] = str(int(onednn))
    case = json.dumps([*STUDENTS[name], width, steps])
    done = subprocess.run(
        [sys.executable, "-c", STEP, case], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout.rpartition("SECONDS")[2])


def lines(found: dict) -> list[str]:
    """Return the table as Markdown."""
    table = ["| a step of 32 texts | without, ms | with, ms | ratio |"]
    table.append("| --- | ---: | ---: | ---: |")
    for row in found["rows"]:
        without, with_it = (1000 * row[way] for way in ("without", "with"))
        table.append(f"| {row['name']} | {without:.0f} | {with_it:.0f} | {without / with_it:.2f} |")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=3, help="processes of each kind")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    rows = []
    for name in STUDENTS:
        for title, width in WIDTHS.items():
            seconds = defaultdict(list)
            for _ in range(given.times):
                for way in ("without", "with"):
                    onednn = way == "with"
                    seconds[way].append(time_step(name, width, given.steps, onednn=onednn))
            row = {way: round(median(each), 5) for way, each in seconds.items()}
            rows.append({"name": f"{name}, {title}", **row})
            print(lines({"rows": rows})[-1], flush=True)
    facts = {"environment": describe_environment(), "flags": _flags(), "rows": rows}
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _flags() -> list[str]:
    """Return what the processor can do of what matters here."""
    known = Path("/proc/cpuinfo")
    words = known.read_text(encoding="utf-8").split() if known.is_file() else []
    return sorted({word for word in words if word.startswith(("avx", "amx", "fma"))})


if __name__ == "__main__":
    main()
