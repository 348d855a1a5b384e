"""What each command does with its flags: it calls what Python calls too, and prints."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import describe_size
from ..running.config import make_config
from ..running.part_settings import list_runs
from . import flags, unused_flags
from .console import console
from .importing import import_tensorflow

_OPTIONS = ("dtype", "top_k", "precision", "shard")
OF_WRITING: dict[str, Any] = {
    "dtype": "float16",
    "top_k": None,
    "precision": "auto",
    "shard": "1/1",
    "runner": "here",
    "parts": 0,
    "beam": [],
}
"""How a store is written, by default; none of it is a setting of a run."""
_NO_SETTINGS = {"command", "verify", "repair", *OF_WRITING}


def teach(args: argparse.Namespace) -> None:
    """Train or fine-tune a teacher, and save it."""
    config = flags.config_of(args)
    import_tensorflow(config.teacher.source)
    from ..running.teacher_run import teach

    teach(config, console.progress)


def label(args: argparse.Namespace) -> None:
    """Ask a language model for the classes of texts, or say what that takes."""
    dry_run = vars(args).pop("dry_run")
    config = flags.config_of(args)
    from ..running import labelling

    if dry_run:
        print(labelling.estimate(config, console.progress))
        return
    print(f"distil    {labelling.advise(labelling.label(config, console.progress))}")


def cache(args: argparse.Namespace) -> None:
    """Store outputs, or verify or repair a store."""
    given = {k: v for k, v in vars(args).items() if k not in _NO_SETTINGS}
    settings = flags.read_flags(given)
    if not (args.verify or args.repair or args.data):
        raise UserError("give the data to store the outputs for, or --verify or --repair a store.")
    unused_flags.check_cache(args, [flags.flag_of(n) for n in given if n != "data"], OF_WRITING)
    import_tensorflow(settings.get("teacher", ""))
    from ..running import caching

    if args.verify:
        caching.verify(args.verify)
    elif args.repair:
        caching.repair(args.repair, console.progress)
    elif args.runner == "beam":
        from ..running import beam_caching

        options = {name: getattr(args, name) for name in _OPTIONS if name != "shard"}
        beam_caching.cache(
            make_config(settings),
            progress=console.progress,
            parts=args.parts,
            arguments=tuple(args.beam),
            **options,
        )
    else:
        options = {name: getattr(args, name) for name in _OPTIONS}
        caching.cache(make_config(settings), progress=console.progress, **options)


def compare(args: argparse.Namespace) -> None:
    """Show reports, or write them as a page."""
    import json

    from ..reporting.report import load

    unused_flags.check_compare(args)
    runs = [run for folder in args.run for run in list_runs(folder)]
    if args.again:
        import_tensorflow()
        from ..running._run import measure_again

        for folder in runs:
            measure_again(folder, console.progress)
    if args.html:
        from ..running.reports import page_files

        without = (name.strip() for names in args.without for name in names.split(","))
        options = page_files.PageOptions(args.texts, args.title, tuple(without), args.by)
        page_files.check_page(args.html, options)
        import_tensorflow()
        page_files.write_page(runs, args.html, options, progress=console.progress)
        console.print(f"page      {args.html}, its figures {args.html.with_suffix('.json').name}")
        return
    if args.by:
        import_tensorflow()
    for folder, report in [(folder, load(folder)) for folder in runs]:
        if args.by:
            report = _with_parts(report, folder, args.by)
        if args.format == "json":
            print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False))
        elif args.format == "markdown":
            print(report.markdown())
        else:
            report.show(console.rich)


def _with_parts(report: Any, folder: Path, by: str) -> Any:
    """Return a report with the headline of each model by the values of a column."""
    import dataclasses

    from ..running.run_parts import compare_parts

    return dataclasses.replace(report, parts=compare_parts(folder, by, console.progress))


def export(args: argparse.Namespace) -> None:
    """Write another file of a run."""
    import_tensorflow()
    from ..running._run import export_again

    exported = export_again(
        args.run,
        args.to,
        args.quantize,
        client=args.client,
        max_drop=args.max_drop,
        tokenizer=args.tokenizer,
    )
    print(
        f"{exported.path}: {describe_size(exported.bytes)}, "
        f"{exported.quantize or exported.format}, "
        f"verified on {exported.checked} texts: agreement {exported.agreement:.2%}, greatest "
        f"difference of logits {exported.max_difference:.4g}{exported.spell_writing()}"
    )
    if exported.note:
        print(f"{exported.path}: {exported.note}")


def recipes(args: argparse.Namespace) -> None:
    """List the recipes, or show one."""
    from ..running import recipes

    if args.name:
        print(recipes.read(args.name), end="")
        return
    for name in recipes.names():
        print(f"{name:<12}  {recipes.title(name)}")


def list_names(args: argparse.Namespace) -> None:
    """List data, tasks, teachers, students and settings, or one of these."""
    if args.topic != "tasks":
        import_tensorflow()
    from .listing import listing

    print(listing(args.topic))
