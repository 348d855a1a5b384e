"""The same run with several seeds: the mean of each score, and its smallest and largest value.

    python -m benchmarks.runs banking.jsonl --teacher train --baseline tfidf \\
        --to runs/banking --out benchmarks/results/banking.json

`data` and the other flags are those of `tfkd distill`. The seed changes initial weights, dropout,
the order of the batches and, where the data have no test split, that split. What has been run
already is read from its folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np


def run(arguments: list[str], seed: int, folder: Path) -> dict:
    """Return the report of a run with a seed, as plain values."""
    from tfkd.cli import main
    from tfkd.reporting.report import load

    if not (folder / "report.json").is_file():
        code = main(["distill", *arguments, "--seed", str(seed), "--to", str(folder)])
        if code:
            raise SystemExit(code)
    return load(folder).to_dict()


def table(reports: list[dict]) -> str:
    """Return the scores of all rows as Markdown: the mean over seeds, and from where to where."""
    by_row = [{_kind(row["name"]): row for row in each["rows"]} for each in reports]
    rows = {kind: _heading(kind, by_row) for kind in by_row[0]}
    lines = [f"|  | {' | '.join(rows.values())} |", f"| --- |{' ---: |' * len(rows)}"]
    for key, measure in reports[0]["measures"].items():
        cells = []
        for kind in rows:
            found = [each[kind]["scores"].get(key) for each in by_row]
            if None in found:
                cells.append("")
                continue
            hundreds = measure["unit"] in ("share", "points")
            values = np.array(found) * (100 if hundreds else 1)
            places = 2 if hundreds else 4
            low, mean, high = (
                f"{value:.{places}f}" for value in (min(values), np.mean(values), max(values))
            )
            cells.append(f"{mean} ({low} to {high})" if len(values) > 1 else mean)
        unit = ", %" if measure["unit"] == "share" else ""
        lines.append(f"| {measure['title']}{unit} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _kind(name: str) -> str:
    """Return what a row is, without how a file stores its numbers: seeds may differ in that."""
    return "exported" if name.startswith("exported") else name


def _heading(kind: str, by_row: list[dict]) -> str:
    """Return the names of a row in all seeds as one: `exported (float16, int8)`."""
    names = sorted({each[kind]["name"] for each in by_row})
    if len(names) == 1:
        return names[0]
    return f"{kind} ({', '.join(name.partition('(')[2].rstrip(')') for name in names)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs, one a seed")
    parser.add_argument("--out", type=Path, required=True)
    given, arguments = parser.parse_known_args()
    write(
        given, arguments, [run(arguments, seed, given.to / f"seed-{seed}") for seed in given.seeds]
    )


def write(given: argparse.Namespace, arguments: list[str], reports: list[dict]) -> None:
    """Write the reports of the seeds with where they were made, and print their table."""
    found = dict(zip(map(str, given.seeds), reports, strict=True))
    environment = json.loads((given.to / f"seed-{given.seeds[0]}" / "environment.json").read_text())
    facts = {"command": arguments, "environment": environment, "seeds": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(reports))


if __name__ == "__main__":
    main()
