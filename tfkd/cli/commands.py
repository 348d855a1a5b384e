"""What each command does with its flags: it calls what Python calls too, and prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from ..data.file_kinds import FileForm, parse_header
from ..errors import UserError
from ..files import describe_size
from ..running.config import make_config
from ..running.part_settings import list_runs
from ..runtime.memory import no_more_than_there_is
from ..runtime.service_desk import is_desk
from ..runtime.watchdog import no_endless_loop
from . import answer_files, answer_reasons, answer_values, desks, flags, predicting, typed_out
from .console import console
from .importing import import_tensorflow

_FILE_BATCH = 32
_OPTIONS = ("dtype", "top_k", "precision", "shard")
_OF_STORE = (*_OPTIONS, "verify", "repair", "runner", "parts", "beam")


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
    folder = labelling.label(config, console.progress)
    print(f"distil    tfkd distill {folder} --teacher store:{folder / labelling.STORE}")


def cache(args: argparse.Namespace) -> None:
    """Store outputs, or verify or repair a store."""
    given = {k: v for k, v in vars(args).items() if k not in ("command", *_OF_STORE)}
    settings = flags.read_flags(given)
    if not (args.verify or args.repair or args.data):
        raise UserError("give the data to store the outputs for, or --verify or --repair a store.")
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


def _file_of_run(path: Path) -> Path:
    """Return the file of a run's folder, any other path as it is."""
    return path / "student.tflite" if path.is_dir() else path


@no_more_than_there_is()
def predict(args: argparse.Namespace) -> None:
    """Predict the answers for texts with an exported file."""
    import json

    from ..runtime import load

    decoding = typed_out.decoding_of_flags(args)
    if is_desk(args.file):
        if decoding or args.why:
            flag = "--why" if args.why else "this"
            raise UserError(
                f"{args.file} is a service desk, which writes no texts and lists no n-grams: give "
                f"{flag} to one of its files."
            )
        desks.predict(args)
        return
    file = _file_of_run(args.file)
    with no_endless_loop(str(file)) as expect, console.log_beside_answers():
        predictor = load(file, threads=args.threads, task=args.task)
        files = answer_files.find_files(args.text) if predictor.task.reads_texts else []
        sources = files if predictor.task.reads_texts else list(map(Path, args.text))
        answer_reasons.check_why(args, predictor)
        if args.to and not sources:
            raise UserError("--to writes the answers of a file: give one, such as reviews.csv.")
        if not files and typed_out.is_typed_out(args, predictor):
            expect(1)
            typed_out.type_out(predictor, args.text[0], decoding)
            return
        size = _FILE_BATCH if sources else 1
        reader = predicting.RecordReader(predictor.task)
        if args.jsonl or files:
            columns = predicting.parse_columns(args.column)
            reader = predicting.RecordReader(predictor.task, columns, args.text_column)
        answers = predicting.answer_records(
            predictor,
            reader,
            _records(args, reader, files),
            batch_size=size if args.batch_size is None else args.batch_size,
            before_batch=expect,
            decoding=decoding,
        )
        as_json = args.json or args.jsonl
        # A written text may have lines of its own.
        as_json = as_json or (predictor.task.writes and not sys.stdout.isatty())
        fields = answer_values.AnswerFields(predictor, reader)
        if args.to:
            _write_answers(args.to, answers, sources, fields)
            return
        for record, example, answer in answers:
            line = "" if example is None else answer_values.line_of(predictor, answer, example)
            line = line if reader.task.reads_texts else f"{line}  {_name_of(record)}"
            line = typed_out.without_controls(line) if reader.task.writes else line
            why = answer_reasons.reasons_of(predictor, example) if args.why else {}
            if as_json:
                merged = answer_files.merge(record, {**fields.of(answer), **why})
                line = json.dumps(merged, ensure_ascii=False, default=str)
            print(line, *([] if as_json else answer_reasons.lines_of(why)), sep="\n", flush=True)


def _name_of(record: dict[str, Any]) -> str:
    """Return the file that an answer is of."""
    return str(next(iter(record.values())))[:200]


def _records(
    args: argparse.Namespace, reader: predicting.RecordReader, files: list[Path]
) -> Iterator[dict[str, Any]]:
    """Return what there is to answer: files, lines of stdin, or the words of the command line."""
    if files:
        reading = FileForm(parse_header(args.header), args.encoding or "")
        return chain.from_iterable(
            answer_files.read_records(path, reader, reading, skip_bad=args.skip_bad)
            for path in files
        )
    if not (reader.task.reads_texts or args.jsonl):
        return reader.from_paths(args.text or sys.stdin)
    if args.text or args.pair:
        return reader.from_texts([*args.text, *args.pair])
    return (reader.from_json if args.jsonl else reader.from_lines)(sys.stdin)


def _write_answers(
    to: Path, answers: Iterable, files: list[Path], fields: answer_values.AnswerFields
) -> None:
    """Write the rows of files with their answers."""
    count = empty = 0
    with answer_files.open_answers(to, files) as write:
        for record, _, answer in answers:
            write(answer_files.merge(record, fields.of(answer)))
            count, empty = count + 1, empty + (answer is None)
    without = f", {empty:,} of them without a text" if empty else ""
    print(f"{to}: {count:,} rows{without}")


@no_more_than_there_is()
def bench(args: argparse.Namespace) -> None:
    """Benchmark exported files."""
    from ..runtime import bench, writing_bench

    texts = bench.TEXTS
    if args.texts:
        texts = tuple(filter(None, args.texts.read_text(encoding="utf-8").splitlines()))
    if any(map(is_desk, args.file)):
        for folder in args.file:
            print(desks.time_desk(folder, texts, args.threads[0], as_json=args.json))
        return
    files = list(map(_file_of_run, args.file))
    with no_endless_loop(", ".join(map(str, files))) as expect, console.log_beside_answers():
        if writing_bench.all_write(files, args.task):
            written = writing_bench.bench_writing(
                files, texts, threads=args.threads, task=args.task, before_text=expect
            )
            show = writing_bench.writing_json if args.json else writing_bench.writing_table
            print(show(written))
            return
        timings = bench.bench(
            files, texts, threads=args.threads, task=args.task, before_text=expect
        )
    print(bench.as_json(timings) if args.json else bench.table(timings))


def demo(args: argparse.Namespace) -> None:
    """Serve a page that runs a file."""
    from .demo import demo

    file = args.file
    if not is_desk(file):
        file = _file_of_run(file)
    demo(file, args.answers, args.port)


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
