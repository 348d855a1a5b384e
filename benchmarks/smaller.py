"""A student under each compression, alone and distilled: score, file, packed file, speed, zeros.

    python -m benchmarks.smaller imdb --data ../shared/data --to runs/smaller-imdb \\
        --teacher hf:../shared/teachers/imdb-minilm --student ngram_cnn \\
        --out benchmarks/results/smaller_imdb.json

A row of `--specs` is a compression, several with blanks, and the kind of file behind an `@`; `none`
is the student itself. The students of a seed are trained once, and all rows go on with their
weights. SST-2 is trained on its phrases. What has been run already is read from its folder.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.tables import columns, draw, make_parser

FLAGS = {"imdb": ("--batch-size", "128"), "sst2": ("--batch-size", "128", "--max-length", "64")}
SPECS = (
    *("none", "prune:0.4", "prune:0.7", "sparse:0.8", "sparse:2:4", "low_rank:0.5"),
    *("grid:int8", "none@int4", "grid:int4@int4", "prune:0.4 grid:int8"),
)


def files(name: str, data: Path, folder: Path, most: int) -> list[str]:
    """Write the training and the test file, unless they are there; return their flags."""
    found = {part: folder / f"{part}.jsonl" for part in ("train", "test")}
    for part, file in found.items():
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            source = data / name / f"{part}.jsonl.gz"
            draw(source, {file: 1.0}, columns("text", "label"), most)
    return [str(found["train"]), "--test", str(found["test"])]


def run_row(
    arguments: list[str], spec: str, folder: Path, seed: int, base: Path | None
) -> dict[str, Any]:
    """Return the report of a run with a compression, which begins with the weights of another run.

    Args:
        arguments: The flags of all runs of a student.
        spec: A row of the table.
        folder: The folder of the runs of the student.
        seed: The seed.
        base: The folder of the run without any compression; None for that run itself.
    """
    parts, _, kind = spec.partition("@")
    given = [flag for part in parts.split() if part != "none" for flag in ("--compress", part)]
    to = folder / re.sub(r"\W+", "-", spec) / f"seed-{seed}"
    if base is not None and not to.exists():
        begin(to, base, parts.split(), kind or "int8")
    return runs.run([*arguments, *given, "--quantize", kind or "int8"], seed, to)


def begin(to: Path, base: Path, parts: list[str], kind: str) -> None:
    """Begin a run where another one has ended: with its weights, instead of the same training."""
    import keras

    from tfkd.models.saving import save_weights
    from tfkd.running.config import read_config, write_config

    compress = [part for part in parts if part != "none"]
    work = to.with_name(f"{to.name}-begun")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name, model in (("distilled", "student"), ("alone", "alone")):
        own = "stage-1-distilled" if compress and name == "distilled" else name
        shutil.copytree(base / name, work / own)
        if compress:
            student = keras.models.load_model(base / f"{model}.keras", compile=False)
            save_weights(student, work / own / "weights.npz")
        else:
            shutil.copy(base / f"{model}.keras", work)
    config = read_config(base / "config.toml")
    write_config(
        config.replaced(compress=compress, quantize=kind, to=str(to)), work / "config.toml"
    )
    work.rename(to)


def table(found: dict[str, list[dict]]) -> str:
    """Return the rows as Markdown: means over seeds, from where to where scores go, least times."""
    lines = [
        "|  | alone | distilled | its file | MB | MB, packed | ms | parameters | zeros |",
        f"| --- |{' ---: |' * 8}",
    ]
    for spec, reports in found.items():
        by_row = [{_kind(row["name"]): row for row in report["rows"]} for report in reports]
        key = next(iter(reports[0]["measures"]))
        scores = [
            _spread([100 * each[kind]["scores"][key] for each in by_row])
            for kind in ("alone", "distilled", "exported")
        ]
        numbers = [
            np.mean([each["exported"][name] for each in by_row])
            for name in ("megabytes", "packed_megabytes", "zeros")
        ]
        # What runs beside makes a file slower, and never faster.
        fastest = min(each["exported"]["latency_p50"] for each in by_row)
        count = np.mean([each["distilled"]["parameters"] for each in by_row])
        cells = [*(f"{value:.2f}" for value in (*numbers[:2], fastest)), f"{count:,.0f}"]
        title = "not compressed" if spec.startswith("none") else f"`{spec.partition('@')[0]}`"
        title += f", file of {spec.partition('@')[2]}" if "@" in spec else ""
        lines.append(f"| {' | '.join([title, *scores, *cells])} | {100 * numbers[2]:.0f} % |")
    return "\n".join(lines)


def _kind(name: str) -> str:
    return name.partition(" (")[0]


def _spread(values: list[float]) -> str:
    mean = f"{np.mean(values):.2f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    parser = make_parser(
        __doc__, (*FLAGS,), teacher="train:bilstm:base", student="ngram_cnn", epochs="0"
    )
    parser.add_argument("--specs", nargs="+", default=SPECS, metavar="ROW")
    given, further = parser.parse_known_args()
    room = given.to / given.student.replace(":", "-")
    data = files(given.name, given.data, given.to / "data", given.most)
    arguments = [
        *(*data, "--teacher", given.teacher, "--student", given.student),
        *("--epochs", given.epochs, *FLAGS[given.name], "--store", str(given.to / "targets")),
        *further,
    ]
    found: dict[str, list[dict]] = {}
    for seed in map(int, given.seeds):
        base = room / "none" / f"seed-{seed}"
        run_row(arguments, "none", room, seed, None)
        for spec in given.specs:
            report = run_row(arguments, spec, room, seed, None if spec == "none" else base)
            found.setdefault(spec, []).append(report)
            print(table(found), flush=True)
    facts = {
        "command": [
            *(given.name, "--student", given.student, "--epochs", given.epochs, *further),
        ],
        "environment": json.loads((base / "environment.json").read_text()),
        "rows": {spec: dict(zip(given.seeds, each, strict=True)) for spec, each in found.items()},
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
