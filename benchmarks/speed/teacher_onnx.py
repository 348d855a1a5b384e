"""A teacher's pass in TensorFlow beside ONNX Runtime in float32 and int8, and what limits it.

    pip install "tfkd[onnx]"
    python -m benchmarks.speed.teacher_onnx --texts 500 --out benchmarks/results/teacher_onnx.json

All ways get the same batches of reviews, sorted by length as `tfkd.store.write` sorts them, in
turns within one process and on all its threads; then TensorFlow in a process for each of them, with
an even part of the batches. The limit is a product of two matrices of 2,048 by 2,048 numbers in
float32 by NumPy, in the same run. Weights of int8 have 7 bits: with 8, products of processors
without VNNI overflow.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Way = Callable[[np.ndarray], np.ndarray]
SIDE = 2_048
"""Rows and columns of the matrices that stand for the limit."""


def ways(teacher, folder: Path, threads: int) -> dict[str, Way]:
    """Return the pass over one batch of ids in each runtime."""
    from onnxruntime import InferenceSession, SessionOptions
    from onnxruntime.quantization import QuantType, quantize_dynamic

    import tfkd

    exact, small = folder / "teacher.onnx", folder / "int8.onnx"
    tfkd.export(teacher.model, exact)
    quantize_dynamic(exact, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    options = SessionOptions()
    options.intra_op_num_threads = threads

    def in_onnx(file: Path) -> Way:
        session = InferenceSession(str(file), options)
        names = [each.name for each in session.get_inputs()]

        def answer(ids: np.ndarray) -> np.ndarray:
            values = _inputs(teacher, ids)
            return session.run(None, {name: np.asarray(values[name]) for name in names})[0]

        return answer

    return {
        "TensorFlow, float32": in_tensorflow(teacher),
        "ONNX Runtime, float32": in_onnx(exact),
        "ONNX Runtime, int8": in_onnx(small),
    }


def in_tensorflow(teacher) -> Way:
    """Return the pass over one batch of ids in TensorFlow."""
    import tensorflow as tf

    run = tf.function(lambda ids: teacher.model(_inputs(teacher, ids)), reduce_retracing=True)
    return lambda ids: _logits(run(ids))


def _inputs(teacher, ids) -> dict:
    from tfkd.models.input_names import feed

    return feed((*teacher._names, "attention_mask"), ids)


def _logits(outputs) -> np.ndarray:
    return np.asarray(outputs["logits"] if isinstance(outputs, dict) else outputs)


def batches(ids: list[list[int]]) -> list[np.ndarray]:
    """Return padded batches of about 2,048 tokens, the longest first."""
    from tfkd.text.batching import by_length, pad, pad_to_multiple

    lengths = np.array([*map(len, ids)])
    found = []
    for rows in by_length(lengths):
        some = [ids[row] for row in rows]
        found.append(pad_to_multiple(pad(some, max(map(len, some)))))
    return found


def by_processes(texts: list[str], processes: int, rounds: int) -> float:
    """Return the seconds of TensorFlow in processes of one thread, each with a part of batches."""
    context = multiprocessing.get_context("spawn")
    barrier, took = context.Barrier(processes), context.Queue()
    work = (texts, processes, rounds, barrier, took)
    children = [context.Process(target=_work, args=(n, *work)) for n in range(processes)]
    for child in children:
        child.start()
    seconds = np.array([took.get() for _ in children])
    for child in children:
        child.join()
    # Each waits for the slowest one.
    return float(seconds.max(axis=0).min())


def _work(number: int, texts: list[str], processes: int, rounds: int, barrier, took) -> None:
    import tensorflow as tf

    from benchmarks.speed.materials import teacher as open_teacher

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    teacher, _ = open_teacher()
    way, own = in_tensorflow(teacher), batches(teacher.encoder.encode_many(texts))
    seconds = []
    for turn in range(rounds + 1):
        barrier.wait()
        start = time.perf_counter()
        for batch in own[number::processes]:
            way(batch)
        seconds += [time.perf_counter() - start] if turn else []
    took.put(seconds)


def limit(rounds: int = 5) -> float:
    """Return the GFLOP a second of a product of matrices."""
    one = np.random.default_rng(0).standard_normal((SIDE, SIDE), "float32")
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        one @ one
        took.append(time.perf_counter() - start)
    return 2 * SIDE**3 / min(took) / 1e9


def measure(teacher, texts: list[str], threads: int, rounds: int) -> dict:
    """Return seconds of each way, the best of some rounds, and how far its answers move."""
    ids = teacher.encoder.encode_many(texts)
    some = batches(ids)
    tokens, padded = sum(map(len, ids)), sum(batch.size for batch in some)
    with tempfile.TemporaryDirectory() as folder:
        found = ways(teacher, Path(folder), threads)
        took: dict[str, list[float]] = {name: [] for name in found}
        logits = {}
        for turn in range(rounds + 1):
            for name, way in found.items():
                start = time.perf_counter()
                logits[name] = np.concatenate([way(batch) for batch in some])
                took[name] += [time.perf_counter() - start] if turn else []
    exact, usual = next(iter(logits.values())), min(next(iter(took.values())))
    apart = by_processes(texts, threads, rounds)
    operations = 2 * weights(teacher.model) * padded / 1e9
    return {
        "texts": len(texts),
        "tokens of a text": round(tokens / len(texts), 1),
        "share of padding": round(1 - tokens / padded, 4),
        "GFLOP in layers of weights": round(operations, 1),
        "GFLOP a second of a product of matrices": round(limit(), 1),
        "ways": {
            name: {
                "seconds": round(min(each), 2),
                "times TensorFlow": round(usual / min(each), 2),
                "GFLOP a second": round(operations / min(each), 1),
                "same class": round(float((logits[name].argmax(1) == exact.argmax(1)).mean()), 4),
                "greatest difference of logits": round(
                    float(np.abs(logits[name] - exact).max()), 4
                ),
            }
            for name, each in took.items()
        },
        "a process a thread": {
            "seconds": round(apart, 2),
            "times TensorFlow": round(usual / apart, 2),
        },
    }


def table(found: dict) -> str:
    """Return the ways of a measurement as Markdown."""
    lines = [
        "| way | times TensorFlow | GFLOP a second | same class |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, way in found["ways"].items():
        costs = f"{way['times TensorFlow']:.2f} | {way['GFLOP a second']:.1f}"
        lines.append(f"| {name} | {costs} | {100 * way['same class']:.0f} % |")
    apart = found["a process a thread"]["times TensorFlow"]
    return "\n".join([*lines, f"| TensorFlow, float32, a process a thread | {apart:.2f} |  |  |"])


def weights(model) -> int:
    """Return how many numbers each token is multiplied with: those of matrices, but of tables."""
    return sum(
        int(np.prod(each.shape))
        for each in model.weights
        if len(each.shape) >= 2 and "embedding" not in getattr(each, "path", each.name)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    import tensorflow as tf

    from benchmarks.speed.materials import reviews
    from benchmarks.speed.materials import teacher as open_teacher
    from tfkd.running.folder import describe_environment

    threads = int(os.environ.get("TF_NUM_INTRAOP_THREADS", os.cpu_count() or 1))
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    (teacher, name), (texts, _, what) = open_teacher(), reviews(given.texts)
    found = measure(teacher, texts, threads, given.rounds)
    facts = {"teacher": name, "of": what, "threads": threads, **found}
    print(json.dumps(facts, indent=1), table(facts), sep="\n")
    if given.out:
        facts["environment"] = describe_environment()
        given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
