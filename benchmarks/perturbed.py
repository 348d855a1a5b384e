"""Students trained on changed texts or embeddings, and how they answer to typing errors.

    python -m benchmarks.perturbed sst2/train_sentences.jsonl.gz --test sst2/test.jsonl.gz \\
        --validation sst2/validation.jsonl.gz --teacher keras:runs/sst2-teacher \\
        --to runs/perturbed --out benchmarks/results/perturbed_sst2.json

`data` and the other flags are those of `tfkd distill`. Each file is asked for all test texts as
they are, with the typing errors of the page's section on them, with other case and without some
words; the changes are drawn by the seed 0 for all. What has been run already is read from its
folder. `--most 300` takes so many rows of each split, for a first try.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs

WAYS: dict[str, tuple[str, ...]] = {
    "clean texts": (),
    "typos, case, words left out": ("typos:0.1", "case:0.1", "drop:0.1"),
    "`fgm`": ("fgm:1.0",),
    "`vat`": ("vat:1.0",),
    "all three, and `fgm`": ("typos:0.1", "case:0.1", "drop:0.1", "fgm:1.0"),
}
CHANGES = {
    "as they are": "",
    "typos in 10 %": "typos:0.1",
    "typos in 30 %": "typos:0.3",
    "other case in 30 %": "case:0.3",
    "without 20 %": "drop:0.2",
}


def cut(path: Path, most: int, folder: Path) -> Path:
    """Return a file of JSON lines, or a copy of its first rows."""
    if not most:
        return path
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        rows = [line for _, line in zip(range(most), lines, strict=False)]
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / path.name.removesuffix(".gz")
    copy.write_text("".join(rows), encoding="utf-8")
    return copy


def read(path: Path) -> tuple[list[str], list[Any]]:
    """Return the texts and the labels of a file of JSON lines."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def measure(file: Path, texts: list[str], labels: list[Any]) -> dict[str, float]:
    """Return the accuracy of a file for the texts with each change."""
    from tfkd import runtime
    from tfkd.text.text_changes import parse_change

    names, predictor = sorted(set(labels)), runtime.load(file)
    known = list(predictor.labels)
    wanted = [known[names.index(label)] for label in labels]
    found = {}
    for title, spec in CHANGES.items():
        rng = np.random.default_rng(0)
        read_texts = [parse_change(spec)(text, rng) for text in texts] if spec else texts
        answers = predictor.predict(read_texts)
        right = [answer.label == label for answer, label in zip(answers, wanted, strict=True)]
        found[title] = float(np.mean(right))
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """Return the ways as a table in Markdown: the mean over the seeds, and from where to where."""
    table = [f"| trained on | {' | '.join(CHANGES)} |", "| --- |" + " ---: |" * len(CHANGES)]
    for way, seeds in found["ways"].items():
        cells = []
        for title in CHANGES:
            scores = 100 * np.array([each[title] for each in seeds.values()])
            cells.append(f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})")
        table.append(f"| {way} | {' | '.join(cells)} |")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("data", type=Path, help="JSON lines to train on, .jsonl or .jsonl.gz")
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--most", type=int, default=0, help="rows of each split, for a first try")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True)
    given, arguments = parser.parse_known_args()
    files = (given.data, given.test, given.validation)
    data, test, validation = (cut(path, given.most, given.to / "cut") for path in files)
    texts, labels = read(test)
    flags = [str(data), "--test", str(test), "--validation", str(validation), *arguments]
    ways: dict[str, dict[str, Any]] = {way: {} for way in WAYS}
    for seed in given.seeds:
        for number, (way, specs) in enumerate(WAYS.items()):
            folder = given.to / f"way-{number}-seed-{seed}"
            perturb = [word for spec in specs for word in ("--perturb", spec)]
            runs.run([*flags, "--no-alone", *perturb], seed, folder)
            ways[way][str(seed)] = measure(folder / "student.tflite", texts, labels)
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    # The teacher's folder is this machine's.
    hidden = {i + 1 for i, each in enumerate(arguments) if each == "--teacher"}
    shown = [each for i, each in enumerate(arguments) if i not in hidden]
    found = {"data": given.data.name, "flags": shown, "environment": environment, "ways": ways}
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines(found)))


if __name__ == "__main__":
    main()
