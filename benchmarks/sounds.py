"""Spoken digits of voices that training never heard: teacher, student alone, distilled, its file.

    python -m benchmarks.sounds --data ../shared/data/fsdd/fsdd.npz.xz --to runs/fsdd \\
        --out benchmarks/results/fsdd.json

Two speakers are the test of each seed and a third its validation, so that each of the six is tested
once. All further flags are those of `tfkd distill`. The control is a logistic regression of the
mean and the spread over time of each band of the spectrogram. What has been run already is read
from its folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.runs import run, table

TESTED = (("george", "jackson"), ("lucas", "nicolas"), ("theo", "yweweler"))
RATE = 8_000
CONTROL = "control: logistic regression"
PLAIN = ("--teacher", "train:audio_cnn:base", "--student", "audio_cnn:tiny")
SHORT = ("--epochs", "20", "--batch-size", "32", "--quantize", "float16")


def settings_of(seed: int) -> dict[str, Any]:
    """Return the settings of the task: who is heard in test and validation."""
    others = TESTED[(seed + 1) % len(TESTED)]
    tested = ",".join(TESTED[seed % len(TESTED)])
    return {"rate": RATE, "test_speakers": tested, "validation_speakers": others[0]}


def flags_of(seed: int) -> list[str]:
    """Return the settings as flags of `tfkd distill`."""
    return [
        part
        for name, value in settings_of(seed).items()
        for part in ("--task-set", f"{name}={value}")
    ]


def measure_control(data: str, seed: int) -> dict[str, float]:
    """Return the scores of a linear model of the spectrogram, by the measures of the task."""
    import keras
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from tfkd.data.opening import open_data
    from tfkd.students.log_mel import log_mel
    from tfkd.tasks import find

    task = find("audio-classification", settings_of(seed))
    opened = open_data(data, reader=task)
    audio = keras.Input((RATE,))
    spectrogram = keras.Model(audio, log_mel(audio, RATE, 40))
    read: dict[str, tuple] = {}
    for split in ("train", "test"):
        examples = list(opened.read(split))
        rows = np.stack([row["audio"] for (row,) in task.encode(examples, None, opened.schema)])
        found = spectrogram.predict(rows, batch_size=128, verbose=0)
        read[split] = np.concatenate([found.mean(1), found.std(1)], axis=1), examples
    (x, train), (x_test, test) = read["train"], read["test"]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    model.fit(x, [example["label"] for example in train])
    logits = model.decision_function(x_test)
    rows = task.encode(test, None, opened.schema)
    answers = task.answers(lambda _: [{"logits": row} for row in logits], rows, opened.schema)
    return task.score(answers, test)


def measure(data: str, seed: int, given: list[str], folder: Path) -> dict[str, Any]:
    """Return the report of one seed, with the control as its first row."""
    report = run([data, *flags_of(seed), *PLAIN, *SHORT, *given], seed, folder)
    kept = folder / "control.json"
    if not kept.is_file():
        kept.write_text(json.dumps(measure_control(data, seed)))
    row = {"name": CONTROL, "scores": json.loads(kept.read_text())}
    return {**report, "rows": [row, *report["rows"]]}


def main() -> None:
    """Measure all seeds, write the numbers and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", required=True, help="the archive of the spoken digits")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs, one a seed")
    parser.add_argument("--out", type=Path, required=True)
    args, given = parser.parse_known_args()
    found = {
        str(seed): measure(args.data, seed, given, args.to / f"seed-{seed}") for seed in args.seeds
    }
    environment = json.loads((args.to / f"seed-{args.seeds[0]}/environment.json").read_text())
    command = [Path(args.data).name, *PLAIN, *SHORT, *given]
    facts = {"command": command, "environment": environment, "seeds": found}
    args.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(list(found.values())))


if __name__ == "__main__":
    main()
