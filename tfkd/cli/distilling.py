"""`tfkd distill`: one run, one for each fold, or the parts of a recipe; and what is then shown."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..running.config import RunConfig
from ..running.part_settings import RunParts
from . import flags, predicting
from .console import console
from .importing import import_tensorflow


def distill(args: argparse.Namespace) -> None:
    """Carry out a run, or what is left of it, and show its report."""
    parts = flags.parts_of(args)
    if parts is not None:
        _distill_parts(parts)
        return
    config = flags.config_of(args)
    import_tensorflow(config.teacher.source)
    if config.data.cross_validate:
        _cross_validate(config)
        return
    from ..running._run import run

    result = run(config, console.progress)
    if result.worker:
        return  # the first one shows the report
    result.report.show(console.rich)
    console.print(f"report    {result.folder / 'report.md'}")
    console.print(f"try       tfkd predict {result.file} {_spell_example(result.folder)}")


def _spell_example(run: Path) -> str:
    """Return the words of `tfkd predict` behind the file of a run, by what its task reads."""
    from ..running.config import read_config
    from ..tasks import find

    config = read_config(run / "config.toml")
    task = find(config.task.name, config.task_settings)
    if not task.reads_texts:
        return "FILE"
    kinds = predicting.RecordReader(task).kinds
    known = {("text",): '"..."', ("text", "text"): '--pair "..." "..."'}
    return known.get(kinds, "--jsonl < FILE")


def _distill_parts(parts: RunParts) -> None:
    """Carry out several runs, or what is left of them, and show the report of each."""
    import_tensorflow(" ".join(config.teacher.source for config in parts.runs.values()))
    from ..running.part_runs import run_parts

    found = run_parts(parts, console.progress)
    if found.worker:
        return
    for name, result in found.results.items():
        console.print(f"\n{name}")
        result.report.show(console.rich)
        console.print(f"report    {result.folder / 'report.md'}")
    if parts.desk:
        console.print(f"\ntry       tfkd demo {found.folder}")


def _cross_validate(config: RunConfig) -> None:
    """Carry out a run for each fold, and show the scores of all."""
    from ..reporting.fold_scores import MARKDOWN
    from ..running.cross_validation import run_folds

    found = run_folds(config, console.progress)
    if not found.worker:
        found.show(console.rich)
        console.print(f"report    {found.folder / MARKDOWN}")
