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
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.perturbed import cut, read


def write(texts: list[str], path: Path) -> Path:
    """Write texts without labels."""
    rows = ({"text": text, "label": None} for text in texts)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def ways(given: argparse.Namespace, texts: list[str], seed: int) -> dict[str, list[str]]:
    """Return the data and the flags of each way to training texts."""
    count = given.count or len(texts)
    real = write(texts, given.to / "real.jsonl")
    draw = np.random.default_rng(seed).permutation(len(texts))[: given.few]
    few = write([texts[place] for place in draw], given.to / f"few-{seed}.jsonl")
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
        cells = []
        for measure in ("accuracy", "agreement"):
            scores = 100 * np.array([each[measure] for each in seeds.values()])
            cells.append(f"{scores.mean():.2f} ({scores.min():.2f} to {scores.max():.2f})")
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("data", type=Path, help="JSON lines of real texts, .jsonl or .jsonl.gz")
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--other", type=Path, help="texts of another domain")
    parser.add_argument("--augment-model", default="", help="folder of a masked language model")
    parser.add_argument("--count", type=int, default=0, help="texts to make")
    parser.add_argument("--few", type=int, default=50, help="real texts that others are made of")
    parser.add_argument("--words", default="4-64", help="words of a random text")
    parser.add_argument("--most", type=int, default=0, help="rows of each split, for a first try")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True)
    given, arguments = parser.parse_known_args()
    files = (given.data, given.test, given.validation)
    data, test, validation = (cut(path, given.most, given.to / "cut") for path in files)
    given.to.mkdir(parents=True, exist_ok=True)
    texts = list(dict.fromkeys(read(data)[0]))
    # No training text has a label, so that the classes are named apart.
    names = given.to / "names.txt"
    names.write_text("".join(f"{label}\n" for label in sorted(map(str, set(read(test)[1])))))
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
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    # The teacher's folder is this machine's.
    hidden = {i + 1 for i, each in enumerate(arguments) if each == "--teacher"}
    shown = [each for i, each in enumerate(arguments) if i not in hidden]
    facts = {"data": given.data.name, "flags": shown, "environment": environment, "ways": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print("\n".join(table(facts)))


if __name__ == "__main__":
    main()
