"""What a student may answer by itself (banking77, CLINC150): the certified share, three seeds.

    python -m benchmarks.certify banking77 --data teachers/banking77/data \\
        --teacher keras:teachers/banking77/teacher \\
        --to runs/certify-banking77 --out benchmarks/results/certify_banking77.json

`data` is a folder with `train.jsonl`, `validation.jsonl` and `test.jsonl`. Each run is certified
against its teacher and against the labels: the share of the test texts that is answered where at
least 99, 98 and 95 % agree, with 95 % confidence each.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.tables import make_parser

AGAINST = ("teacher", "labels")
RISKS = (0.01, 0.02, 0.05)


def certify_run(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the certificates of a run against its teacher and the labels, one for each risk."""
    from tfkd.errors import UserError
    from tfkd.running.certifying import certify

    found: dict[str, list[dict[str, Any]]] = {}
    for against in AGAINST:
        try:
            # It tells the other risks beside its own.
            shown = certify(folder, risk=100 * RISKS[-1], against=against).shown
            found[against] = [each.to_dict() for each in shown]
        except UserError as error:
            none = {"threshold": None, "share": 0.0, "why": str(error)}
            found[against] = [{"risk": risk, **none} for risk in RISKS]
    return found


def table(seeds: dict[str, dict[str, Any]]) -> str:
    """Return the certified shares as Markdown: the mean over seeds, and from where to where."""
    titles = [f"{100 * (1 - risk):.0f} % agree" for risk in RISKS]
    lines = [f"| compared with | all | {' | '.join(titles)} |", "| --- |" + " ---: |" * 4]
    for against in AGAINST:
        cells = [_spread([each["all"][against] for each in seeds.values()])]
        for place, _ in enumerate(RISKS):
            cells.append(
                _spread([each["certificates"][against][place]["share"] for each in seeds.values()])
            )
        lines.append(f"| {against} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(shares: list[float]) -> str:
    mean, low, high = (100 * each for each in (np.mean(shares), min(shares), max(shares)))
    return f"{mean:.1f} ({low:.1f} to {high:.1f})" if len(shares) > 1 else f"{mean:.1f}"


def _agreement(report: dict[str, Any]) -> dict[str, float]:
    (row,) = (row for row in report["rows"] if row["name"].startswith("exported"))
    return {"teacher": row["agreement"], "labels": row["scores"]["accuracy"]}


def _parts(data: Path, most: int, to: Path) -> Iterator[Path]:
    """Yield the three files, or their first rows for a trial."""
    to.mkdir(parents=True, exist_ok=True)
    for name in ("train", "validation", "test"):
        target = to / f"{name}.jsonl"
        if not target.is_file():
            with (data / target.name).open(encoding="utf-8") as rows, target.open("w") as part:
                part.writelines(itertools.islice(rows, most))
        yield target


def main() -> None:
    parser = make_parser(
        __doc__,
        ("banking77", "clinc150"),
        teacher="train",
        student="ngram_cnn:small",
        epochs="10",
    )
    given = parser.parse_args()
    list(_parts(given.data, given.most, given.to / "data"))
    arguments = [str(given.to / "data"), "--teacher", given.teacher, "--student", given.student]
    arguments += ["--epochs", given.epochs, "--max-length", "40", "--no-alone"]
    seeds = {}
    for seed in given.seeds:
        folder = given.to / f"seed-{seed}"
        report = runs.run(arguments, int(seed), folder)
        seeds[seed] = {"all": _agreement(report), "certificates": certify_run(folder)}
    environment = json.loads((given.to / f"seed-{given.seeds[0]}" / "environment.json").read_text())
    facts = {"data": given.name, "student": given.student, "epochs": given.epochs, "seeds": seeds}
    facts["teacher"] = given.teacher.partition(":")[0]
    facts["environment"] = environment
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(seeds))


if __name__ == "__main__":
    main()
