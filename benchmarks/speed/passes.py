"""c) The teacher's pass beside `teacher.predict` on texts padded to one length."""

from __future__ import annotations

import shutil
import tempfile
import time

import numpy as np
import tensorflow as tf

import tfkd
from tfkd.text.batching import pad

PREDICTED = 256
PRECISIONS = ("float32", "bfloat16", "int8")


def predict(teacher, ids: list[list[int]], length: int) -> float:
    """Texts per second of `keras.Model.predict`, float32, every text padded to `length`."""
    padded = pad(ids, length)
    inputs = {name: _input(name, padded) for name in teacher._names}
    if len(inputs) == 1:
        inputs = padded
    teacher.model.predict(_first(inputs, 32), batch_size=32, verbose=0)
    start = time.perf_counter()
    teacher.model.predict(inputs, batch_size=32, verbose=0)
    return len(ids) / (time.perf_counter() - start)


def written(teacher, ids: list[list[int]], precision: str) -> tuple[float, float]:
    """Texts per second of `tfkd.store.write`, all it does included; how far its logits are."""
    folder = tempfile.mkdtemp()
    batch = {"ids": pad(ids, max(map(len, ids)))}
    start = time.perf_counter()
    store = tfkd.store.write(
        folder, teacher, batch["ids"], precision=precision, dtype="float32", verbose=0
    )
    rate = len(ids) / (time.perf_counter() - start)
    logits = store.targets(batch["ids"])["logits"]
    shutil.rmtree(folder)
    return rate, logits


def measure(teacher, texts: list[str], lengths: tuple[int, ...]) -> dict:
    """Texts per second of each way for the same texts; ratios to `predict` at each length."""
    ids = teacher.encoder.encode_many(texts)
    # Each text costs `predict` the same, so some of them will do.
    slow = {length: predict(teacher, ids[:PREDICTED], length) for length in lengths}
    found: dict = {
        "texts": len(ids),
        "mean length": round(float(np.mean([*map(len, ids)])), 1),
        "predict": {str(length): round(rate, 1) for length, rate in slow.items()},
        "store.write": {},
    }
    exact = None
    for precision in PRECISIONS:
        try:
            rate, logits = written(teacher, ids, precision)
        except tfkd.UserError as error:
            print(error)
            continue
        exact = logits if exact is None else exact
        found["store.write"][precision] = {
            "texts per second": round(rate, 1),
            "times predict": {str(n): round(rate / each, 2) for n, each in slow.items()},
            "greatest difference of logits": round(float(np.abs(logits - exact).max()), 4),
            "same class": round(float((logits.argmax(1) == exact.argmax(1)).mean()), 4),
        }
    return found


def _input(name: str, ids: np.ndarray) -> np.ndarray:
    from tfkd.models.input_names import feed

    return np.asarray(feed((name, "attention_mask"), tf.constant(ids))[name])


def _first(inputs, count: int):
    return tf.nest.map_structure(lambda each: each[:count], inputs)
