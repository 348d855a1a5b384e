"""Students on texts that are made, beside the same students on real ones.

    python -m benchmarks.no_texts sst2/train_sentences.jsonl.gz --test sst2/test.jsonl.gz \\
        --validation sst2/validation.jsonl.gz --teacher keras:runs/sst2-teacher \\
        --other imdb/sentences.jsonl --to runs/no-texts --out benchmarks/results/no_texts_sst2.json

`data` and the other flags are those of `tfkd distill`. No student sees a label. There are as many
made texts as real ones, unless `--count` says how many; `--few` real texts are made more of, by
words of the teacher's and, with `--augment-model`, by a masked language model; `--other` is a file
of texts of another domain. What has been run already is read from its folder. `--most 300` takes so
many rows of each split, for a first try.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.split_files import (
    cut_splits,
    make_parser,
    read,
    spell,
    write_facts,
    write_names,
    write_texts,
)


def ways(given: argparse.Namespace, texts: list[str], seed: int) -> dict[str, list[str]]:
    """Return the data and the flags of each way to training texts."""
    count = given.count or len(texts)
    real = write_texts(texts, given.to / "real.jsonl")
    draw = np.random.default_rng(seed).permutation(len(texts))[: given.few]
    few = write_texts([texts[place] for place in draw], given.to / f"few-{seed}.jsonl")
    found = {
        "real texts": [str(real)],
        f"{given.few} real texts": [str(few)],
        f"neighbours of {given.few} real texts": [str(few), "--texts", f"neighbours:{count}"],
        "random words": ["--texts", f"random:{count}", "--texts-words", given.words],
    }
    if given.augment_model:
        found[f"neighbours of {given.few}, by a masked language model"] = [
            *(str(few), "--texts", f"neighbours:{count}"),
            *("--augment-model", given.augment_model),
        ]
    if given.other:
        found["texts of another domain"] = ["--texts", str(given.other)]
    return found


def table(found: dict[str, Any]) -> list[str]:
    """Return the accuracies as Markdown: the mean over the seeds, and from where to where."""
    lines = ["| training texts | accuracy, % | agreement with the teacher, % |"]
    lines.append("| --- | ---: | ---: |")
    for way, seeds in found["ways"].items():
        cells = [spell(each[of] for each in seeds.values()) for of in ("accuracy", "agreement")]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = make_parser(__doc__, "JSON lines of real texts")
    parser.add_argument("--other", type=Path, help="texts of another domain")
    parser.add_argument("--augment-model", default="", help="folder of a masked language model")
    parser.add_argument("--count", type=int, default=0, help="texts to make")
    parser.add_argument("--few", type=int, default=50, help="real texts that others are made of")
    parser.add_argument("--words", default="4-64", help="words of a random text")
    given, arguments = parser.parse_known_args()
    data, test, validation = cut_splits(given)
    texts = list(dict.fromkeys(read(data)[0]))
    names = write_names(test, given.to / "names.txt")
    flags = ["--test", str(test), "--validation", str(validation), "--labels", str(names)]
    flags += [*arguments, "--no-alone"]
    found: dict[str, Any] = {}
    for seed in given.seeds:
        for number, (way, own) in enumerate(ways(given, texts, seed).items()):
            folder = given.to / f"way-{number}-seed-{seed}"
            report = runs.run([*own, *flags], seed, folder)
            row = next(row for row in report["rows"] if row["name"] == "distilled")
            scores = {"accuracy": row["scores"]["accuracy"], "agreement": row["agreement"]}
            found.setdefault(way, {})[str(seed)] = scores
    print("\n".join(table(write_facts(given, arguments, folder, ways=found))))


if __name__ == "__main__":
    main()
