"""A teacher of captions (Multi30k) by a plain Keras loop: label smoothing, a cosine schedule.

    python -m benchmarks.translation_teacher en-de --data ../shared/data --to runs/en-de-teacher

What it saves is a teacher for `--teacher keras:FOLDER`, that of the epoch with the best validation
loss. It has no part of tfkd's own training, so that students are compared with something else.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.translation import PAIRS, PARTS, pairs

BATCH, WARMUP, PEAK, SMOOTHING = 128, 600, 2e-3, 0.1
Row = tuple[list[int], list[int], list[int]]


def encode(encoder: Any, part: list[dict]) -> list[Row]:
    """Return source, target behind its start, and target before its end, of each pair."""
    sources = encoder.encode_many([row["source"] for row in part])
    targets = encoder.encode_targets([row["target"] for row in part], encoder.max_length - 1)
    start, end = encoder.start_id, encoder.end_id
    return [(s, [start, *t], [*t, end]) for s, t in zip(sources, targets, strict=True)]


def batch(rows: list[Row]) -> tuple[np.ndarray, ...]:
    """Return padded arrays: all lengths are multiples of 8."""
    parts = []
    for ids in zip(*rows, strict=True):
        width = -(-max(map(len, ids)) // 8) * 8
        parts.append(np.array([[*row, *[0] * (width - len(row))] for row in ids], "int32"))
    return tuple(parts)


def draw(rows: list[Row], random: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield all rows once, in batches of similar length."""
    order, batches = random.permutation(len(rows)), []
    for start in range(0, len(order), 20 * BATCH):
        window = sorted(order[start : start + 20 * BATCH], key=lambda i: len(rows[i][1]))
        batches += [window[i : i + BATCH] for i in range(0, len(window), BATCH)]
    random.shuffle(batches)
    yield from (batch([rows[i] for i in places]) for places in batches)


def train(model: Any, rows: list[Row], validation: list[Row], epochs: int, best: Path) -> None:
    """Train a model, and save that of the epoch with the lowest validation loss."""
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.AdamW(PEAK, beta_2=0.98, weight_decay=1e-4, clipnorm=1.0)

    def losses(parts: Any, *, training: bool) -> tuple[Any, Any, Any]:
        sources, targets, labels = parts
        inputs = {"input_ids": sources, "decoder_input_ids": targets}
        chances = tf.nn.log_softmax(model(inputs, training=training))
        wanted = -tf.gather(chances, labels, batch_dims=2)
        return wanted, -tf.reduce_mean(chances, -1), tf.cast(labels > 0, tf.float32)

    @tf.function(reduce_retracing=True)
    def step(*parts: Any) -> None:
        with tf.GradientTape() as tape:
            wanted, even, mask = losses(parts, training=True)
            smoothed = (1 - SMOOTHING) * wanted + SMOOTHING * even
            loss = tf.reduce_sum(smoothed * mask) / tf.reduce_sum(mask)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    @tf.function(reduce_retracing=True)
    def score(*parts: Any) -> Any:
        wanted, _, mask = losses(parts, training=False)
        return tf.stack([tf.reduce_sum(wanted * mask), tf.reduce_sum(mask)])

    steps = epochs * -(-len(rows) // BATCH)
    random, lowest, done = np.random.default_rng(0), np.inf, 0
    for epoch in range(1, epochs + 1):
        for parts in draw(rows, random):
            done += 1
            share = 0.5 * (1 + np.cos(np.pi * min(1, done / steps)))
            optimizer.learning_rate = PEAK * min(done / WARMUP, max(0.02, share))
            step(*map(tf.constant, parts))
        chunks = (validation[i : i + BATCH] for i in range(0, len(validation), BATCH))
        total, count = np.sum([score(*map(tf.constant, batch(chunk))) for chunk in chunks], 0)
        print(f"epoch {epoch}: validation loss {total / count:.4f}", flush=True)
        if total / count < lowest:
            lowest = total / count
            model.save(best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=PAIRS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--to", type=Path, required=True, help="folder of the teacher")
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--most", type=int, default=10**9, help="pairs, for a trial")
    given = parser.parse_args()
    import keras

    from tfkd import tasks, teachers, text
    from tfkd.data import Schema
    from tfkd.models.text_model import TextModel
    from tfkd.students.seq2seq import seq2seq

    folder = given.data / "multi30k" / given.name
    parts = {
        part: pairs(folder / f"{PARTS[part]}.jsonl.gz")[: given.most]
        for part in ("train", "validation")
    }
    texts = [words for row in parts["train"] for words in (row["source"], row["target"])]
    encoder = text.learn(texts, kind="bpe", vocab_size=5_000, max_length=64, lowercase=False)
    sizes = {"encoder": 4, "decoder": 2, "width": 192, "heads": 4, "dropout": 0.2}
    model = seq2seq(encoder.vocab_size, "base", seed=0, **sizes)
    given.to.mkdir(parents=True, exist_ok=True)
    best = given.to / "best.keras"
    rows = {part: encode(encoder, each) for part, each in parts.items()}
    train(model, rows["train"], rows["validation"], given.epochs, best)
    shapes = tasks.find("translation").output_shapes(Schema())
    model = keras.models.load_model(best, compile=False)
    teachers.save(TextModel(model, encoder, origin=str(given.to), shapes=shapes), given.to)


if __name__ == "__main__":
    main()
