"""Everything that the page shows, as plain values: what `page.json` holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ... import __version__
from ...console import Voice
from ...errors import UserError
from ...reporting.report import Report, load
from ...reporting.sections.answers import Answers
from ...reporting.sections.differences import differences
from ...reporting.sections.fairness import fairness
from ...reporting.sections.occlusion import attribution
from ...reporting.sections.robustness import robustness
from ...reporting.sections.slices import slices
from ...tasks.text_classification.calibration import confusion, reliability
from ..fitting import history
from .answers import answers, other_files


def _reliability(asked: Answers) -> dict[str, dict]:
    return {name: reliability(likely, asked.labels) for name, likely in asked.both.items()}


def _confusion(asked: Answers) -> dict[str, list]:
    counts = {name: confusion(likely, asked.labels) for name, likely in asked.both.items()}
    return {"classes": list(asked.classes), **counts}


PARTS = {
    "reliability": _reliability,
    "confusion": _confusion,
    "differences": differences,
    "slices": slices,
    "robustness": robustness,
    "fairness": fairness,
    "attribution": attribution,
}


def figures(folders: list[Path], voice: Voice, most: int = 0) -> dict[str, Any]:
    """The figures of finished runs; of at most `most` test texts each, where it is given.

    A run whose data or models are gone is shown with what its folder still tells.

    Raises:
        UserError: a folder without a report.
    """
    unique = list(dict.fromkeys(each.resolve() for each in folders))
    reports = [load(each) for each in unique]  # what is wrong is told before work begins
    runs = [
        {"name": name, **of_run(folder, report, voice, most)}
        for name, folder, report in zip(names(unique), unique, reports, strict=True)
    ]
    return {"tfkd": __version__, "runs": runs}


def names(folders: list[Path]) -> list[str]:
    """The folders' names, with their parents' where two are called the same.

    >>> names([Path("a/run"), Path("b/run"), Path("b/last")])
    ['a/run', 'b/run', 'last']
    """
    plain = [each.name for each in folders]
    return [
        name if plain.count(name) == 1 else f"{each.parent.name}/{name}"
        for name, each in zip(plain, folders, strict=True)
    ]


def of_run(folder: Path, report: Report, voice: Voice, most: int) -> dict[str, Any]:
    """The report of a run, its histories, and the parts that need its texts and models."""
    found: dict[str, Any] = report.to_dict()
    found["histories"] = histories(folder)
    try:
        found.update(_asked(folder, report, voice, most))
    except UserError as error:
        found["texts_missing"] = str(error)
    return found


def _asked(folder: Path, report: Report, voice: Voice, most: int) -> dict[str, Any]:
    from .._run import opened

    run = opened(folder, voice)
    fresh = not run.work.exists()
    try:
        given = answers(run, report, most)
        found: dict[str, Any] = {"texts": given.facts}
        found["rows"] = [*report.to_dict()["rows"], *other_files(run, given)]
        with voice.bar("figures", len(PARTS), "parts") as advance:
            for name, part in PARTS.items():
                found[name] = part(given)
                advance(1)
        return found
    finally:
        if fresh:
            run.tidy()


def histories(folder: Path) -> list[dict]:
    """Each training of a run by its folder, `distilled` or `teacher/member-0`: its epochs."""
    files = (each.relative_to(folder) for each in folder.rglob("history.jsonl"))
    ordered = sorted(files, key=lambda file: (len(file.parts), file.parts[0] == "alone", file))
    names = (file.parent.as_posix() for file in ordered)
    found = [{"name": name, "epochs": [*map(_finite, history(folder / name))]} for name in names]
    return [each for each in found if each["epochs"]]


def _finite(epoch: dict) -> dict:
    """Without what no JSON can say, and no plot show.

    >>> _finite({"epoch": 1, "loss": float("nan")})
    {'epoch': 1}
    """
    return {name: value for name, value in epoch.items() if math.isfinite(value)}
