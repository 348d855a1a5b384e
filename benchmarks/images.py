"""Distil an image classifier by its answers and by its feature maps, with several seeds.

    python -m benchmarks.images ../shared/data/mnist --out benchmarks/results/mnist.json

FOLDER holds the four idx files of MNIST or of Fashion-MNIST. The teacher is trained once, on all
labels of the images that are used; the students have `LABELLED` of them, and the same number of
steps. Accuracy is on all test images; the exported file is the student with feature maps in 8 bits.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

import tfkd
from tfkd.running.folder import describe_environment

IMAGES, LABELLED, EPOCHS, BATCH = 12_000, 500, 8, 128
ROWS = {
    "alone": "student, {LABELLED} labels alone",
    "answers": "student, teacher's answers",
    "maps": "student, answers and feature maps",
    "exported": "the same as a `.tflite`, full-int8",
}


def read_split(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images, from 0 to 1, and the labels of a split."""

    def read(file: str, header: int) -> np.ndarray:
        content = gzip.decompress((folder / f"{name}-{file}-ubyte.gz").read_bytes())
        return np.frombuffer(content, "uint8", offset=header)

    images = read("images-idx3", 16).reshape(-1, 28, 28, 1).astype("float32") / 255
    return images, read("labels-idx1", 8).astype("int32")


def network(filters: int, hidden: int, seed: int) -> keras.Model:
    """Return two convolutions, whose maps have names, and a classifier."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    dense = [layers.Dense(hidden, activation="relu"), layers.Dropout(0.3)] if hidden else []
    maps = [
        layers.Conv2D(count, 3, strides=2, padding="same", activation="relu", name=name)
        for name, count in (("early", filters), ("late", 2 * filters))
    ]
    ends = [layers.Flatten(), *dense, layers.Dense(10)]
    return keras.Sequential([keras.Input((28, 28, 1), name="image"), *maps, *ends])


def train(model: keras.Model, x: np.ndarray, y: np.ndarray, epochs: int, rate: float) -> None:
    """Train a model by labels alone."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)


def distil(teacher: keras.Model, objective: Any, data: tuple, seed: int) -> keras.Model:
    """Return a student of the teacher, on images of which most have the label -100."""
    student = network(4, 0, seed)
    distiller = tfkd.Distiller(
        student=tfkd.tap(student, hidden_states=["late"]),
        teacher=tfkd.tap(teacher, hidden_states=["late"]),
        objective=objective,
    )
    distiller.compile(keras.optimizers.Adam(5e-3))
    distiller.fit(*data, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return student


def accuracy(model: keras.Model, test: tuple) -> float:
    """Return the share of right answers."""
    return float(np.mean(model.predict(test[0], batch_size=500, verbose=0).argmax(1) == test[1]))


def measure(teacher: keras.Model, data: tuple, test: tuple, seed: int) -> dict[str, float]:
    """Return the accuracies of all students of a seed."""
    x, y = data
    steps = EPOCHS * -(-len(x) // BATCH)
    alone = network(4, 0, seed)
    train(alone, x[:LABELLED], y[:LABELLED], steps // -(-LABELLED // BATCH), 5e-3)
    some = (x, np.where(np.arange(len(y)) < LABELLED, y, -100))
    answers = 0.3 * tfkd.HardLabels() + 1.0 * tfkd.SoftTargets(temperature=4)
    by_answers = distil(teacher, answers, some, seed)
    by_maps = distil(teacher, answers + 0.1 * tfkd.Hint(layers=((0, 0),)), some, seed)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.tflite"
        made = tfkd.export(by_maps, file, quantize="full-int8", calibration=x[:1000], check=test)
    return {
        "alone": accuracy(alone, test),
        "answers": accuracy(by_answers, test),
        "maps": accuracy(by_maps, test),
        "exported": float(made.score or 0),
        "kilobytes": made.bytes / 1e3,
    }


def lines(found: dict) -> Iterator[str]:
    """Yield the table of a result, in Markdown."""
    seeds = list(found["seeds"])
    yield f"| accuracy on {found['data']} | {' | '.join(f'seed {s}' for s in seeds)} | mean |"
    yield f"| --- |{' ---: |' * (len(seeds) + 1)}"
    rows = {name: [found["seeds"][s][name] for s in seeds] for name in ROWS}
    rows = {"teacher": [found["teacher"]] * len(seeds), **rows}
    for name, values in rows.items():
        title = ROWS.get(name, "teacher, all labels").format(LABELLED=found["labelled"])
        cells = " | ".join(f"{100 * value:.2f} %" for value in (*values, np.mean(values)))
        yield f"| {title} | {cells} |"


def main() -> None:
    """Measure, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    x, y = read_split(args.folder, "train")
    data, test = (x[:IMAGES], y[:IMAGES]), read_split(args.folder, "t10k")
    teacher = network(32, 128, 0)
    train(teacher, *data, epochs=4, rate=2e-3)
    found = {
        "data": args.folder.resolve().name,
        "images": IMAGES,
        "labelled": LABELLED,
        "teacher": accuracy(teacher, test),
        "parameters": {
            "teacher": teacher.count_params(),
            "student": network(4, 0, 0).count_params(),
        },
        "seeds": {str(seed): measure(teacher, data, test, seed) for seed in args.seeds},
        "environment": describe_environment(),
    }
    args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines(found)))


if __name__ == "__main__":
    main()
