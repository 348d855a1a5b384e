"""What each command does with its flags: it calls what Python calls too, and prints."""

from __future__ import annotations

import argparse
import sys

from ..errors import UserError
from ..running.config import make_config
from ..runtime.memory import no_more_than_there_is
from ..runtime.watchdog import no_endless_loop
from . import flags
from .console import console

_OPTIONS = ("dtype", "top_k", "precision", "shard")
_OF_STORE = (*_OPTIONS, "verify", "repair", "runner", "parts", "beam")


def _import_tensorflow() -> None:
    """Import TensorFlow without the lines that it prints about the machine."""
    import logging

    from ..runtime.quiet import quiet

    with quiet():
        import tensorflow as tf

        tf.config.list_physical_devices()
    # Each model is traced again, which TensorFlow takes for a mistake and warns of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def distill(args: argparse.Namespace) -> None:
    """Carry out a run, or what is left of it, and show its report."""
    config = flags.config_of(args)
    _import_tensorflow()
    from ..running._run import run

    result = run(config, console.progress)
    if result.worker:
        return  # the first one shows the report
    result.report.show(console.rich)
    console.print(f"report    {result.folder / 'report.md'}")
    console.print(f'try       tfkd predict {result.file} "..."')


def teach(args: argparse.Namespace) -> None:
    """Train or fine-tune a teacher, and save it."""
    config = flags.config_of(args)
    _import_tensorflow()
    from ..running.teacher_run import teach

    teach(config, console.progress)


def cache(args: argparse.Namespace) -> None:
    """Store outputs, or verify or repair a store."""
    settings = {k: v for k, v in vars(args).items() if k not in ("command", *_OF_STORE)}
    if not (args.verify or args.repair or args.data):
        raise UserError("give the data to store the outputs for, or --verify or --repair a store.")
    _import_tensorflow()
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

    if args.again:
        _import_tensorflow()
        from ..running._run import measure_again

        for folder in args.run:
            measure_again(folder, console.progress)
    if args.html:
        from ..running.reports import page_files

        without = (name.strip() for names in args.without for name in names.split(","))
        options = page_files.PageOptions(args.texts, args.title, tuple(without))
        page_files.check_page(args.html, options)
        _import_tensorflow()
        page_files.write_page(args.run, args.html, options, progress=console.progress)
        console.print(f"page      {args.html}, its figures {args.html.with_suffix('.json').name}")
        return
    for report in map(load, args.run):
        if args.format == "json":
            print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False))
        elif args.format == "markdown":
            print(report.markdown())
        else:
            report.show(console.rich)


def export(args: argparse.Namespace) -> None:
    """Write another file of a run."""
    _import_tensorflow()
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
        f"{exported.path}: {exported.bytes / 1e6:.2f} MB, {exported.quantize or exported.format}, "
        f"verified on {exported.checked} texts: agreement {exported.agreement:.2%}, greatest "
        f"difference of logits {exported.max_difference:.4g}"
    )


@no_more_than_there_is()
def predict(args: argparse.Namespace) -> None:
    """Predict the answers for texts with an exported file."""
    import json

    from ..runtime import load
    from . import predicting

    file = args.file / "student.tflite" if args.file.is_dir() else args.file
    with no_endless_loop(str(file)) as expect:
        predictor = load(file, threads=args.threads, task=args.task)
        reader = predicting.RecordReader(predictor.task)
        if args.jsonl:
            columns = predicting.parse_columns(args.column)
            reader = predicting.RecordReader(predictor.task, columns, args.text_column)
        records = reader.from_texts(args.text)
        if not args.text:
            records = (reader.from_json if args.jsonl else reader.from_lines)(sys.stdin)
        answers = predicting.answer_records(
            predictor, reader, records, batch_size=args.batch_size, before_batch=expect
        )
        for record, example, answer in answers:
            line = predictor.task.line(answer, example)
            if args.json or args.jsonl:
                fields = record | predictor.task.to_json(answer)
                line = json.dumps(fields, ensure_ascii=False)
            print(line, flush=True)


@no_more_than_there_is()
def bench(args: argparse.Namespace) -> None:
    """Benchmark exported files."""
    from ..runtime import bench

    texts = bench.TEXTS
    if args.texts:
        texts = tuple(filter(None, args.texts.read_text(encoding="utf-8").splitlines()))
    with no_endless_loop(", ".join(map(str, args.file))) as expect:
        timings = bench.bench(
            args.file, texts, threads=args.threads, task=args.task, before_text=expect
        )
    print(bench.as_json(timings) if args.json else bench.table(timings))


def demo(args: argparse.Namespace) -> None:
    """Serve a page that runs a file."""
    from .demo import demo

    demo(args.file, args.answers, args.port)


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
        _import_tensorflow()
    from .listing import listing

    print(listing(args.topic))
