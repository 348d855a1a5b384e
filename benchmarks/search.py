"""The best student for a budget beside the default, and beside random search of as many trials.

    python -m benchmarks.search imdb --data ../shared/data --to runs/search-imdb \\
        --teacher hf:../shared/teachers/imdb-minilm --max-mb 1 --max-ms 0.2 --trials 40 \\
        --out benchmarks/results/search_imdb.json

IMDB's teacher is taken as it is. Those of SST-2 (trained on its 67,349 phrases), banking77 (whose
test part is cut by a hash) and CoNLL-2003 (whose `validation` is the test part) are taught once.
Flags that are not listed are those of `tfkd search-students`. What has been run already is read
from its folder.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.entities import SHARED
from benchmarks.tables import columns, draw, make_parser, teach_once

FLAGS: dict[str, tuple[str, ...]] = {
    "imdb": (),
    "sst2": ("--max-length", "64"),
    "banking77": ("--max-length", "64"),
    "conll2003": (*SHARED, "--max-length", "96"),
}
TEACHING = {"sst2": "2", "banking77": "8", "conll2003": "3"}
"""Epochs of the teachers that are taught."""
READY = ("keras:", "few:")
"""Teachers that are taken as they are, or are fitted within the run."""
SAMPLERS = ("tpe", "random")


def files(name: str, data: Path, folder: Path, most: int) -> list[str]:
    """Write the parts of a data set, unless they are there; return their flags."""
    parts = {part: folder / f"{part}.jsonl" for part in ("train", "validation", "test")}
    train, validation, test = parts.values()
    folder.mkdir(parents=True, exist_ok=True)
    keep = columns("text", "intent" if name == "banking77" else "label")
    given = [str(train)]
    if name == "conll2003":
        keep = columns("tokens", "tags")
    if name in ("imdb", "sst2", "conll2003"):
        source = "validation" if name == "conll2003" else "test"
        given += ["--test", str(test)]
        _draw(data / name / f"{source}.jsonl.gz", {test: 1.0}, keep, most)
    if name == "sst2":
        given += ["--validation", str(validation)]
        _draw(data / name / "validation.jsonl.gz", {validation: 1.0}, keep, most)
    shares = {train: 1.0}
    if name == "conll2003":
        given += ["--validation", str(validation)]
        shares = {validation: 0.1, train: 0.9}
    _draw(data / name / "train.jsonl.gz", shares, keep, most)
    return given


def _draw(source: Path, targets: dict[Path, float], keep, most: int) -> None:
    if not all(target.is_file() for target in targets):
        draw(source, targets, keep, most)


def search(arguments: list[str], folder: Path) -> dict:
    """Return what a search has found, as plain values."""
    from tfkd.cli import main

    found = folder / "search.json"
    if not found.is_file():
        code = main(["search-students", *arguments, "--to", str(folder)])
        if code:
            raise SystemExit(code)
    return json.loads(found.read_text(encoding="utf-8"))


def table(found: dict[str, dict]) -> str:
    """Return a row for each student as Markdown, and by how much the winners beat the default."""
    lines = ["|  | test | against the default | MB | ms |", "| --- | ---: | ---: | ---: | ---: |"]
    for sampler, each in found.items():
        for row in each["finals"]:
            if row["name"] == "default" and sampler != next(iter(found)):
                continue
            gain = _spell_gain(each["gain"]) if row["name"] == "winner" else ""
            costs = ["", ""]
            if row["measured"]:
                costs = [f"{row['measured'][name]:.3g}" for name in ("megabytes", "milliseconds")]
            title = row["name"] if row["name"] == "default" else f"{row['name']}, {sampler}"
            cells = [title, _spell_scores(row["scores"], each["measure"]), gain, *costs]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spell_scores(scores: list[float], measure: dict) -> str:
    hundred = 100 if measure["unit"] in ("share", "points") else 1
    low, mean, high = (hundred * each(scores) for each in (min, np.mean, max))
    return f"{mean:.2f} ({low:.2f} to {high:.2f})"


def _spell_gain(gain: dict) -> str:
    if not gain["by_seed"]:
        return "the default itself"
    mean = f"{np.mean(gain['by_seed']):+.2f}"
    if not gain["interval"]:
        return mean
    low, high = gain["interval"]
    return f"{mean} ({low:+.2f} to {high:+.2f})"


def main() -> None:
    defaults = {"teacher": "train:bilstm:base", "student": "", "epochs": "0"}
    parser = make_parser(__doc__, (*FLAGS,), **defaults)
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS, choices=SAMPLERS)
    given, further = parser.parse_known_args()
    own = [*files(given.name, given.data, given.to / "data", given.most), *FLAGS[given.name]]
    teacher = given.teacher
    if given.name in TEACHING and not teacher.startswith(READY):
        teacher = teach_once(given, own, ["--epochs", TEACHING[given.name], "--batch-size", "32"])
    shared = ["--store", str(given.to / "targets"), "--seeds", str(len(given.seeds))]
    shared += ["--student", given.student] if given.student else []
    shared += ["--epochs", given.epochs] if given.epochs != "0" else []
    found = {}
    for sampler in given.samplers:
        arguments = [*own, "--teacher", teacher, *shared, *further, "--sampler", sampler]
        found[sampler] = search(arguments, given.to / sampler)
        print(table(found), *found[sampler]["words"], sep="\n", flush=True)
    first = given.to / given.samplers[0] / "environment.json"
    facts = {
        "command": [given.name, "--seeds", *given.seeds, *further],
        "environment": json.loads(first.read_text(encoding="utf-8")),
        "searches": found,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
