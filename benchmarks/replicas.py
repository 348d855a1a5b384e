"""What replicas and backups cost: step time, bytes that replicas exchange, memory, a state on disk.

    python -m benchmarks.replicas --out benchmarks/results/replicas.json

Each row is a process of its own, with as many logical CPU devices as replicas, since TensorFlow
makes them once. They share the processors of one machine: what more replicas take longer for the
same global batch is their overhead, and no forecast of several machines.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BATCH, TOKENS, STEPS, WORDS, CLASSES = 32, 64, 40, 8_000, 2
REPLICAS = (1, 2, 4)


def measured(replicas: int, stored: bool) -> dict:
    """The numbers of one row, in this process."""
    import numpy as np
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    devices = [tf.config.LogicalDeviceConfiguration()] * replicas
    tf.config.set_logical_device_configuration(cpu, devices)
    import keras

    from tfkd import Distiller, HardLabels, SoftTargets, students
    from tfkd.training.backup import state_files
    from tfkd.training.backup.contents import TrainingState

    strategy = tf.distribute.get_strategy()
    if replicas > 1:
        strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(replicas)])
    with strategy.scope():
        student = students.build("transformer", WORDS, CLASSES, "tiny", seed=1)
        teacher = None if stored else students.build("transformer", WORDS, CLASSES, "base", seed=2)
        objective = 0.3 * HardLabels() + 0.7 * SoftTargets()
        distiller = Distiller(student=student, teacher=teacher, objective=objective)
        distiller.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    rng = np.random.default_rng(0)
    x = rng.integers(1, WORDS, (BATCH * STEPS, TOKENS)).astype("int32")
    if stored:
        x = {"student": x, "targets": {"logits": rng.normal(size=(len(x), CLASSES))}}
    labels = rng.integers(0, CLASSES, BATCH * STEPS)
    data = tf.data.Dataset.from_tensor_slices((x, labels)).batch(BATCH)
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
    )
    distiller.fit(data, epochs=2, verbose=0, callbacks=[clock])
    steps = np.diff(times[STEPS:])  # the first epoch compiles
    training = TrainingState(distiller)
    weights = training.values()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        state = state_files.SavedState(
            state_files.BackupPosition(1), weights, [], training.configuration()
        )
        state_files.write_state(Path(folder), state)
        written = time.perf_counter() - start
        size = sum(each.stat().st_size for each in Path(folder).iterdir())
    gradients = sum(4 * int(np.prod(each.shape)) for each in student.trainable_variables)
    return {
        "replicas": replicas,
        "targets": "stored" if stored else "live",
        "step_ms": 1_000 * statistics.median(steps),
        "gradient_bytes": gradients if replicas > 1 else 0,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
        "state_mb": size / 1e6,
        "state_ms": 1_000 * written,
    }


def rows(repeats: int):
    """All rows, each the best of some processes that took turns."""
    found: dict = {}
    for _ in range(repeats):
        for stored in (True, False):
            for replicas in REPLICAS:
                command = [sys.executable, "-m", "benchmarks.replicas", "--row"]
                command += [str(replicas), "stored" if stored else "live"]
                made = subprocess.run(command, capture_output=True, text=True, check=True)
                row = json.loads(made.stdout.strip().splitlines()[-1])
                found.setdefault((stored, replicas), []).append(row)
    return [min(each, key=lambda row: row["step_ms"]) for each in found.values()]


def table(found: list[dict]):
    """The lines of the table, as Markdown; times as ratios to one replica."""
    yield "| targets | replicas | step, to one replica | gradients summed | peak memory |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for row in found:
        one = next(r for r in found if r["replicas"] == 1 and r["targets"] == row["targets"])
        yield (
            f"| {row['targets']} | {row['replicas']} | {row['step_ms'] / one['step_ms']:.2f} | "
            f"{row['gradient_bytes'] / 1e6:.2f} MB | {row['peak_mb']:,.0f} MB |"
        )


def main() -> None:
    """Measure all rows, or the one of `--row`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--row", nargs=2, metavar=("REPLICAS", "TARGETS"))
    given = parser.parse_args()
    if given.row:
        print(json.dumps(measured(int(given.row[0]), given.row[1] == "stored")))
        return
    from tfkd.running.folder import describe_environment

    found = rows(given.repeats)
    print("\n".join(table(found)))
    if given.out:
        facts = {"environment": describe_environment(), "rows": found}
        given.out.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
