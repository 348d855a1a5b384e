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

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.split_files import cut_splits, make_parser, read, spell, write_facts

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
        cells = [spell(each[title] for each in seeds.values()) for title in CHANGES]
        table.append(f"| {way} | {' | '.join(cells)} |")
    return table


def main() -> None:
    given, arguments = make_parser(__doc__, "JSON lines to train on").parse_known_args()
    data, test, validation = cut_splits(given)
    texts, labels = read(test)
    flags = [str(data), "--test", str(test), "--validation", str(validation), *arguments]
    ways: dict[str, dict[str, Any]] = {way: {} for way in WAYS}
    for seed in given.seeds:
        for number, (way, specs) in enumerate(WAYS.items()):
            folder = given.to / f"way-{number}-seed-{seed}"
            perturb = [word for spec in specs for word in ("--perturb", spec)]
            runs.run([*flags, "--no-alone", *perturb], seed, folder)
            ways[way][str(seed)] = measure(folder / "student.tflite", texts, labels)
    print("\n".join(lines(write_facts(given, arguments, folder, ways=ways))))


if __name__ == "__main__":
    main()
