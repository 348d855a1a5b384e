"""A network that sees digits teaches a student that hears them: does what looks alike help?

    python -m benchmarks.cross_modal --data ../shared/data --to runs/cross \\
        --out benchmarks/results/cross_modal.json

Each recording is paired with pictures of its digit, another one in each epoch. Controls: labels
alone, label smoothing by as much as the teacher's answers are, and the teacher's answers with the
wrong digits shuffled. Two speakers are the test of each seed, as in `benchmarks.sounds`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

import tfkd
from benchmarks.images import read_split
from benchmarks.sounds import RATE, settings_of
from tfkd import students
from tfkd.data.opening import open_data
from tfkd.running.folder import describe_environment
from tfkd.tasks import find

TEMPERATURE, EPOCHS, BATCH = 4.0, 20, 32
ROWS = {
    "alone": "labels alone",
    "smoothing": "control: label smoothing of the same strength",
    "shuffled": "control: the picture's answers, wrong digits shuffled",
    "pictures": "the picture's answers",
}


def teach_pictures(folder: Path, seed: int) -> tuple[float, list[np.ndarray]]:
    """Return the accuracy of a network of pictures, and its logits of others by digit."""
    x, y = read_split(folder, "train")
    x_test, y_test = read_split(folder, "t10k")
    model = students.build("image_cnn", (28, 28, 1), 10, "tiny", seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    model.fit(255 * x[:10_000], y[:10_000], batch_size=128, epochs=2, verbose=0)
    right = (
        model.predict(255 * x_test[:2_000], batch_size=500, verbose=0).argmax(1) == y_test[:2_000]
    )
    # Pictures that it has not seen, as it is surest of those that it has.
    logits = model.predict(255 * x[10_000:13_000], batch_size=500, verbose=0)
    return float(right.mean()), [logits[y[10_000:13_000] == digit] for digit in range(10)]


def read_sounds(path: str, seed: int, most: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return samples and digits by split."""
    task = find("audio-classification", settings_of(seed))
    data, found = open_data(path, reader=task), {}
    for split in ("train", "test"):
        examples = list(data.read(split))
        if split == "train" and most:
            chosen = np.random.default_rng(seed).permutation(len(examples))[:most]
            examples = [examples[i] for i in chosen]
        rows = [row for (row,) in task.encode(examples, None, data.schema)]
        found[split] = tuple(np.array([row[key] for row in rows]) for key in ("audio", "labels"))
    return found


def targets_of(kind: str, logits: list[np.ndarray], y: np.ndarray, seed: int) -> np.ndarray:
    """Return a teacher's logits for each recording of an epoch."""
    draw = np.random.default_rng(seed)
    drawn = np.stack([logits[digit][draw.integers(len(logits[digit]))] for digit in y])
    if kind == "pictures":
        return drawn
    for row, digit in zip(drawn, y, strict=True):
        others = np.arange(10) != digit
        if kind == "shuffled":
            row[others] = draw.permutation(row[others])
        else:
            # The same probability at the temperature of the loss, spread evenly.
            odds = np.log(np.mean(np.exp(row[others] / TEMPERATURE)))
            row[others] = odds * TEMPERATURE
    return drawn


def train(kind: str, data: tuple, logits: list[np.ndarray], seed: int) -> keras.Model:
    """Return a student that hears, trained with targets of one kind."""
    x, y = data
    keras.utils.set_random_seed(seed)
    hears = students.build("audio_cnn", (RATE,), 10, "tiny", seed=seed, rate=RATE)
    steps = EPOCHS * -(-len(x) // BATCH)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps))
    if kind == "alone":
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        hears.compile(optimizer, loss)
        hears.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
        return hears
    audio, told = hears.input, keras.Input((10,), name="told")
    student = keras.Model({"audio": audio, "told": told}, hears.output)
    distiller = tfkd.Distiller(
        student=student,
        teacher=lambda inputs, reads: {"logits": inputs["told"]},
        objective=0.3 * tfkd.HardLabels() + 0.7 * tfkd.SoftTargets(temperature=TEMPERATURE),
    )
    distiller.compile(optimizer)
    for epoch in range(EPOCHS):
        told_now = targets_of(kind, logits, y, 1_000 * seed + epoch).astype("float32")
        distiller.fit({"audio": x, "told": told_now}, y, batch_size=BATCH, epochs=1, verbose=0)
    return hears


def measure(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Return the accuracies of all students of a seed, from its file where it has been run."""
    kept = args.to / f"seed-{seed}.json"
    if kept.is_file():
        return json.loads(kept.read_text())
    seen, logits = teach_pictures(args.data / "mnist", seed)
    found: dict[str, Any] = {"teacher": seen}
    sounds = read_sounds(str(args.data / "fsdd" / "fsdd.npz.xz"), seed, args.most)
    x, y = sounds["test"]
    for kind in ROWS:
        model = train(kind, sounds["train"], logits, seed)
        answers = model.predict(x, batch_size=128, verbose=0).argmax(1)
        found[kind] = float(np.mean(answers == y))
    args.to.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found))
    return found


def table(seeds: dict[str, dict[str, Any]]) -> str:
    """Return the accuracies as Markdown."""
    lines = ["| accuracy on new voices | mean | from, to |", "| --- | ---: | ---: |"]
    for key, title in ROWS.items():
        values = 100 * np.array([found[key] for found in seeds.values()])
        lines.append(
            f"| {title} | {values.mean():.1f} % | {values.min():.1f}, {values.max():.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure all seeds, write the numbers and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="holds mnist/ and fsdd/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--most", type=int, default=0, help="training recordings; 0 for all")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found = {str(seed): measure(args, seed) for seed in args.seeds}
    facts = {"most": args.most, "seeds": found, "environment": describe_environment()}
    args.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
