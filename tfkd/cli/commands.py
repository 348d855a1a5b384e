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


def distill(given: argparse.Namespace) -> None:
    """Carry out a run, or what is left of it, and show its report."""
    config = flags.config_of(given)
    _import_tensorflow()
    from ..running._run import run

    result = run(config, console.progress)
    if result.worker:
        return  # the first one shows the report
    result.report.show(console.rich)
    console.print(f"report    {result.folder / 'report.md'}")
    console.print(f'try       tfkd predict {result.file} "..."')


def teach(given: argparse.Namespace) -> None:
    """Train or fine-tune a teacher, and save it."""
    config = flags.config_of(given)
    _import_tensorflow()
    from ..running.teacher_run import teach

    teach(config, console.progress)


def cache(given: argparse.Namespace) -> None:
    """Store outputs, or verify or repair a store."""
    settings = {k: v for k, v in vars(given).items() if k not in ("command", *_OF_STORE)}
    if not (given.verify or given.repair or given.data):
        raise UserError("give the data to store the outputs for, or --verify or --repair a store.")
    _import_tensorflow()
    from ..running import caching

    if given.verify:
        caching.verify(given.verify)
    elif given.repair:
        caching.repair(given.repair, console.progress)
    elif given.runner == "beam":
        from ..running import beam_caching

        options = {name: getattr(given, name) for name in _OPTIONS if name != "shard"}
        beam_caching.cache(
            make_config(settings),
            progress=console.progress,
            parts=given.parts,
            arguments=tuple(given.beam),
            **options,
        )
    else:
        options = {name: getattr(given, name) for name in _OPTIONS}
        caching.cache(make_config(settings), progress=console.progress, **options)


def compare(given: argparse.Namespace) -> None:
    """Show reports, or write them as a page."""
    import json

    from ..reporting.report import load

    if given.again:
        _import_tensorflow()
        from ..running._run import measure_again

        for folder in given.run:
            measure_again(folder, console.progress)
    if given.html:
        from ..running.reports import page_files

        page_files.check_page(given.html, given.texts)
        _import_tensorflow()
        page_files.write_page(given.run, given.html, texts=given.texts, progress=console.progress)
        console.print(f"page      {given.html}, its figures {given.html.with_suffix('.json').name}")
        return
    for report in map(load, given.run):
        if given.format == "json":
            print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False))
        elif given.format == "markdown":
            print(report.markdown())
        else:
            report.show(console.rich)


def export(given: argparse.Namespace) -> None:
    """Write another file of a run."""
    _import_tensorflow()
    from ..running._run import export_again

    made = export_again(
        given.run,
        given.to,
        given.quantize,
        client=given.client,
        max_drop=given.max_drop,
        tokenizer=given.tokenizer,
    )
    print(
        f"{made.path}: {made.bytes / 1e6:.2f} MB, {made.quantize or made.format}, verified on "
        f"{made.checked} texts: agreement {made.agreement:.2%}, greatest difference of logits "
        f"{made.max_difference:.4g}"
    )


@no_more_than_there_is()
def predict(given: argparse.Namespace) -> None:
    """Predict the answers for texts with an exported file."""
    import json

    from ..runtime import load
    from . import predicting

    file = given.file / "student.tflite" if given.file.is_dir() else given.file
    with no_endless_loop(str(file)) as expect:
        predictor = load(file, threads=given.threads, task=given.task)
        reader = predicting.RecordReader(predictor.task)
        if given.jsonl:
            columns = predicting.parse_columns(given.column)
            reader = predicting.RecordReader(predictor.task, columns, given.text_column)
        records = reader.of_texts(given.text)
        if not given.text:
            records = (reader.of_json if given.jsonl else reader.of_lines)(sys.stdin)
        answers = predicting.answer_records(
            predictor, reader, records, batch_size=given.batch_size, before_batch=expect
        )
        for record, example, answer in answers:
            line = predictor.task.line(answer, example)
            if given.json or given.jsonl:
                fields = record | predictor.task.to_json(answer)
                line = json.dumps(fields, ensure_ascii=False)
            print(line, flush=True)


@no_more_than_there_is()
def bench(given: argparse.Namespace) -> None:
    """Benchmark exported files."""
    from ..runtime import bench

    texts = bench.TEXTS
    if given.texts:
        texts = tuple(filter(None, given.texts.read_text(encoding="utf-8").splitlines()))
    with no_endless_loop(", ".join(map(str, given.file))) as expect:
        timings = bench.bench(
            given.file, texts, threads=given.threads, task=given.task, before_text=expect
        )
    print(bench.as_json(timings) if given.json else bench.table(timings))


def demo(given: argparse.Namespace) -> None:
    """Serve a page that runs a file."""
    from .demo import demo

    demo(given.file, given.answers, given.port)


def recipes(given: argparse.Namespace) -> None:
    """List the recipes, or show one."""
    from ..running import recipes

    if given.name:
        print(recipes.read(given.name), end="")
        return
    for name in recipes.names():
        print(f"{name:<12}  {recipes.title(name)}")


def list_names(given: argparse.Namespace) -> None:
    """List data, tasks, teachers, students and settings, or one of these."""
    if given.topic != "tasks":
        _import_tensorflow()
    from .listing import listing

    print(listing(given.topic))
