"""Everything that the page shows, as plain values: what `page.json` holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import UserError
from ...progress import Progress
from ...reporting.report import Report, load
from ...reporting.sections.gathering import SECTIONS, gather_sections
from ...runtime import load as load_file
from ...tasks import find, name_metrics
from ..best_epoch import read_history
from ..config import read_config
from ..context import RunContext, open_run
from ..folder import CERTIFICATE, CONFIG, read_json
from .asking import ask_models, other_files


def gather_figures(
    folders: list[Path],
    progress: Progress,
    most: int = 0,
    without: Collection[str] = (),
    *,
    by: str = "",
) -> dict[str, Any]:
    """Return the figures of finished runs.

    A run whose data or models are gone is shown with what its folder still tells.

    Args:
        folders: Those of the runs.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        most: How many test examples of each run are looked at; 0 for all.
        without: Names of sections to leave out.
        by: A column of the data, by whose values test examples are told apart.

    Raises:
        UserError: A folder without a report, or data without this column.
    """
    unique = list(dict.fromkeys(folder.resolve() for folder in folders))
    # All reports are read before the work begins, which may take minutes.
    reports = [load(folder) for folder in unique]
    runs = [
        {
            "name": name,
            **_figures_of(
                folder, report, partial(_ask, most=most, without=without, by=by), progress
            ),
        }
        for name, folder, report in zip(name_runs(unique), unique, reports, strict=True)
    ]
    return {"tfkd": __version__, "runs": runs}


def name_runs(folders: list[Path]) -> list[str]:
    """Return the folders' names, with their parents' where two are called the same.

    >>> name_runs([Path("a/run"), Path("b/run"), Path("b/last")])
    ['a/run', 'b/run', 'last']
    """
    plain = [folder.name for folder in folders]
    return [
        name if plain.count(name) == 1 else f"{folder.parent.name}/{name}"
        for name, folder in zip(plain, folders, strict=True)
    ]


def _figures_of(
    folder: Path, report: Report, ask: Callable[..., dict[str, Any]], progress: Progress
) -> dict[str, Any]:
    """Return the report of a run, its histories, and the sections that ask its models."""
    figures: dict[str, Any] = report.to_dict()
    figures["histories"] = read_histories(folder)
    try:
        figures.update(ask(folder, report, progress))
    except UserError as error:
        figures["texts_missing"] = str(error)
    return figures


def _ask(
    folder: Path,
    report: Report,
    progress: Progress,
    *,
    most: int,
    without: Collection[str],
    by: str,
) -> dict[str, Any]:
    context = open_run(folder, progress)
    fresh = not context.work.exists()
    try:
        answers = ask_models(context, report, most, by=by)
        if certificate := read_certificate(context):
            answers = replace(answers, facts={**answers.facts, "certificate": certificate})
        rows = [*report.to_dict()["rows"], *other_files(context, answers)]
        count = len(SECTIONS) + len(answers.task.sections())
        with progress("figures", count, "parts") as advance:
            sections = gather_sections(answers, advance, without)
        return {"texts": answers.facts, "rows": rows, "sections": sections}
    finally:
        if fresh:
            context.remove_work()


def read_certificate(context: RunContext) -> dict[str, Any] | None:
    """Return what was certified of a run; None without it, or of a file that was exported anew."""
    if not (context.folder / CERTIFICATE).is_file():
        return None
    certificate = read_json(context.folder / CERTIFICATE)
    file = context.folder / certificate["file"]
    asks_at = certificate["ask_below"]["confidence"]
    if file.is_file() and load_file(file, task=context.task).ask_below != asks_at:
        return None
    return certificate


def read_histories(folder: Path) -> list[dict[str, Any]]:
    """Return the epochs of each training of a run, by its folder such as `teacher/member-0`."""
    files = (file.relative_to(folder) for file in folder.rglob("history.jsonl"))
    ordered = sorted(files, key=lambda file: (len(file.parts), file.parts[0] == "alone", file))
    names = (file.parent.as_posix() for file in ordered)
    metrics = _metric_names(folder)
    histories = [
        {"name": name, "metrics": metrics, "epochs": [*map(_finite, read_history(folder / name))]}
        for name in names
    ]
    return [history for history in histories if history["epochs"]]


def _metric_names(folder: Path) -> list[str]:
    """Return what the task of a run reports while training; nothing where the task is gone."""
    try:
        config = read_config(folder / CONFIG)
        task = find(config.task.name, config.task_settings)
    except UserError:
        return []
    return name_metrics(task.metrics())


def _finite(epoch: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers that JSON can say and a plot can show.

    >>> _finite({"epoch": 1, "loss": float("nan")})
    {'epoch': 1}
    """
    return {name: value for name, value in epoch.items() if math.isfinite(value)}
