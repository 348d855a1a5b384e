"""d) Peak memory of writing a store, of joining it, and of training from it, by examples.

Each size runs in a process of its own, whose peak is asked of the operating system.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (10_000, 100_000, 1_000_000)
LENGTH, CLASSES, BATCH = 12, 4, 512


def measure(sizes=SIZES) -> dict:
    """Megabytes at each size, and how much more than at the smallest."""
    found = {}
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.speed.memory", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[f"{size:,}"] = json.loads(done.stdout.splitlines()[-1])
        print(f"  {size:,}: {found[f'{size:,}']}", flush=True)
    first, *_, last = found.values()
    return {**found, "growth, MB": {name: last[name] - first[name] for name in first}}


def _batches(size: int):
    """Synthetic texts of ids, a batch at a time, each from its own number."""
    import numpy as np

    for start in range(0, size, BATCH):
        rows = np.arange(start, min(start + BATCH, size), dtype="int64")[:, None]
        ids = rows * 7_919 + np.arange(LENGTH) ** 2 * 104_729
        ids[:, 0] = rows[:, 0] // 30_000  # the other columns repeat after so many
        yield (ids % 30_000 + 1).astype("int32")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _teacher(ids):
    import numpy as np

    ids = np.asarray(ids, "float32")
    logits = np.stack([np.sin(ids * (1 + i)).sum(1) for i in range(CLASSES)], 1)
    return {"logits": logits.astype("float32")}


def _run(size: int) -> dict[str, int]:
    import keras
    import tensorflow as tf

    import tfkd

    spec = tf.TensorSpec((None, LENGTH), tf.int32)
    data = tf.data.Dataset.from_generator(lambda: _batches(size), output_signature=spec)
    student = keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            keras.layers.Embedding(30_001, 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(CLASSES),
        ]
    )
    distiller = tfkd.Distiller(student=student, objective=tfkd.SoftTargets())
    distiller.compile("adam", jit_compile=False)
    peaks = {"TensorFlow and the model": _peak()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        tfkd.store.write(path, _teacher, lambda: _batches(size), verbose=0)
        peaks["write"] = _peak()
        assert tfkd.store.Store(path).rows == size
        joined = tfkd.store.join(path, data)
        for _ in joined:
            pass
        peaks["join"] = _peak()
        distiller.fit(joined.prefetch(2), epochs=1, verbose=0)
        peaks["training"] = _peak()
    return peaks


if __name__ == "__main__":
    print(json.dumps(_run(int(sys.argv[1]))))
