"""What zeros are worth in a `.tflite`: megabytes, megabytes packed by gzip, milliseconds a call.

    python -m benchmarks.speed.zeros --out benchmarks/results/zeros_speed.json

The model is four dense layers of 768 and 3,072 numbers, as two blocks of BERT have them, with
random weights; its zeros are set by `sparse`. LiteRT runs it on one thread. All files take turns in
each round, and a time is the median of the rounds' medians.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SPECS = ("", "sparse:0.5", "sparse:0.8", "sparse:0.95", "sparse:2:4")
KINDS = ("float32", "int8")
CALLS = {"1": 100, "64": 20}
"""By rows of a batch, the calls of a round."""


def main() -> None:
    """Measure and write everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()

    from tfkd.running.folder import describe_environment

    with tempfile.TemporaryDirectory() as folder:
        files = make_files(Path(folder))
        found = {"environment": describe_environment(), "rounds": given.rounds}
        found["files"] = measure(files, given.rounds)
    given.out.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(lines(found)))


def make_files(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the files by their compression and their kind of numbers."""
    import keras

    from tfkd.compression import Evidence, parse

    keras.utils.set_random_seed(0)
    sizes = (3072, 768, 3072, 768)
    dense = [keras.layers.Dense(size, activation="relu") for size in sizes]
    model = keras.Sequential([keras.Input((768,)), *dense])
    files: dict[str, dict[str, Path]] = {}
    for spec in SPECS:
        student = model
        if spec:
            kind = parse(spec)
            student = kind.apply(model, Evidence(list))
            kind.finish(student)
        name = spec.replace(":", "_") or "dense"
        files[spec] = {kind: convert(student, folder / f"{name}_{kind}", kind) for kind in KINDS}
    return files


def convert(model: Any, path: Path, kind: str) -> Path:
    """Write a model as LiteRT's converter does it."""
    import contextlib
    import io

    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    # It prints what it captured.
    with contextlib.redirect_stdout(io.StringIO()):
        path.write_bytes(converter.convert())
    return path


def measure(files: dict[str, dict[str, Path]], rounds: int) -> dict[str, Any]:
    """Return the size of each file, its zeros and its milliseconds by rows of a batch."""
    import numpy as np

    from tfkd.files import gzip_size
    from tfkd.runtime.zeros_in_files import share_of_zeros_in_file

    runs = {
        (spec, kind, rows): runner(path, int(rows))
        for spec, kinds in files.items()
        for kind, path in kinds.items()
        for rows in CALLS
    }
    took: dict[Any, list[float]] = {key: [] for key in runs}
    for _ in range(rounds):
        for (spec, kind, rows), run in runs.items():
            seconds = []
            for _ in range(CALLS[rows]):
                start = time.perf_counter()
                run()
                seconds.append(time.perf_counter() - start)
            took[spec, kind, rows].append(float(np.median(seconds)) * 1e3)
    return {
        spec: {
            kind: {
                "megabytes": path.stat().st_size / 1e6,
                "gzip_megabytes": gzip_size(path) / 1e6,
                "zeros": share_of_zeros_in_file(path),
                "ms": {rows: float(np.median(took[spec, kind, rows])) for rows in CALLS},
            }
            for kind, path in kinds.items()
        }
        for spec, kinds in files.items()
    }


def runner(path: Path, rows: int):
    """Return a call of a file on so many rows, on one thread."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    (given,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(given["index"], (rows, 768))
    interpreter.allocate_tensors()
    x = np.random.default_rng(0).normal(size=(rows, 768)).astype("float32")
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    return interpreter.invoke


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The table as Markdown."""
    yield "| weights | numbers | zeros in the file | MB | MB, packed | ms, 1 row | ms, 64 rows |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for kind in KINDS:
        for spec, kinds in found["files"].items():
            each = kinds[kind]
            one, many = (each["ms"][rows] for rows in CALLS)
            yield (
                f"| {f'`{spec}`' if spec else 'dense'} | {kind} | {100 * each['zeros']:.0f} % | "
                f"{each['megabytes']:.2f} | {each['gzip_megabytes']:.2f} | {one:.2f} | {many:.1f} |"
            )


if __name__ == "__main__":
    main()
