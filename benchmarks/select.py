"""A student on the texts that `tfkd select` chooses, beside as many at random.

    python -m benchmarks.select sst2/train_sentences.jsonl.gz --test sst2/test.jsonl.gz \\
        --validation sst2/validation.jsonl.gz --teacher keras:runs/sst2-teacher \\
        --to runs/select --out benchmarks/results/select_sst2.json

`data` and the other flags are those of `tfkd distill`. No text keeps its label: the teacher's
answers to the chosen texts are all that the student learns from. `rounds` begins with the fewest
texts spread out, and goes on by `--student` and `--answered`. What has been run already is read
from its folder. `--most 300` takes so many rows of each split, for a first try.
"""

from __future__ import annotations

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

WAYS = ("random", "spread", "rounds")
SIZES = (500, 1_000, 2_000, 5_000)


def choose(way: str, texts: Path, folder: Path, *, sizes: list[int], seed: int) -> list[Path]:
    """Return where the chosen texts of each size are; of rounds, only the first is chosen now."""
    from tfkd import select

    files = [folder / f"{way}-{size}-seed-{seed}.jsonl" for size in sizes]
    for size, file in zip(sizes, files, strict=True):
        if file.is_file() or (way == "rounds" and size > sizes[0]):
            continue
        if way == "random":
            lines = list(dict.fromkeys(texts.read_text(encoding="utf-8").splitlines(True)))
            order = np.random.default_rng(seed).permutation(len(lines))[:size]
            file.write_text("".join(lines[place] for place in order), encoding="utf-8")
        else:
            select(texts, n=size, to=file, audit=0, seed=seed)
    return files


def go_on(texts: Path, before: Path, file: Path, *, student: Path, more: int, seed: int) -> None:
    """Choose further texts by the student on those before, and write all of them."""
    from tfkd import select

    if file.is_file():
        return
    new = file.with_suffix(".new.jsonl")
    new.unlink(missing_ok=True)
    select(texts, n=more, to=new, audit=0, seed=seed, student=student, answered=[before])
    file.write_text(before.read_text("utf-8") + new.read_text("utf-8"), encoding="utf-8")


def table(found: dict[str, Any]) -> list[str]:
    """Return the accuracies as Markdown: the mean over the seeds, and from where to where."""
    lines = [f"| texts | {' | '.join(WAYS)} |", "| ---: |" + " ---: |" * len(WAYS)]
    for size, ways in found["sizes"].items():
        cells = [spell(ways[way].values()) for way in WAYS]
        lines.append(f"| {int(size):,} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = make_parser(__doc__, "JSON lines to choose from")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    given, arguments = parser.parse_known_args()
    data, test, validation = cut_splits(given)
    texts = write_texts(read(data)[0], given.to / "texts.jsonl")
    names = write_names(test, given.to / "names.txt")
    flags = ["--test", str(test), "--validation", str(validation), "--labels", str(names)]
    flags += [*arguments, "--no-alone"]
    sizes: dict[str, Any] = {str(size): {way: {} for way in WAYS} for size in given.sizes}
    for seed in given.seeds:
        for way in WAYS:
            chosen = choose(way, texts, given.to, sizes=given.sizes, seed=seed)
            for place, (size, file) in enumerate(zip(given.sizes, chosen, strict=True)):
                folder = given.to / f"run-{file.stem}"
                if way == "rounds" and place:
                    before, more = chosen[place - 1], size - given.sizes[place - 1]
                    last = given.to / f"run-{before.stem}"
                    go_on(texts, before, file, student=last, more=more, seed=seed)
                report = runs.run([str(file), *flags], seed, folder)
                row = next(row for row in report["rows"] if row["name"] == "distilled")
                sizes[str(size)][way][str(seed)] = row["scores"]["accuracy"]
    print("\n".join(table(write_facts(given, arguments, folder, sizes=sizes))))


if __name__ == "__main__":
    main()
