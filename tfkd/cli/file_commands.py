"""What the commands do that run an exported file, without TensorFlow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from ..data.file_kinds import FileForm, parse_header
from ..data.row_writing import open_records
from ..errors import UserError
from ..runtime.memory import no_more_than_there_is
from ..runtime.service_desk import is_desk
from ..runtime.watchdog import no_endless_loop
from . import answer_files, answer_reasons, answer_values, predicting, typed_out, unused_flags
from .console import console

_FILE_BATCH = 32


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
        from . import desks

        desks.predict(args)
        return
    file = _file_of_run(args.file)
    with no_endless_loop(str(file)) as expect, console.log_beside_answers():
        predictor = load(file, threads=args.threads, task=args.task)
        files = answer_files.find_files(args.text) if predictor.task.reads_texts else []
        sources = files if predictor.task.reads_texts else list(map(Path, args.text))
        answer_reasons.check_why(args, predictor)
        unused_flags.check_predict(args, files, reads_texts=predictor.task.reads_texts)
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
        for record, example, given in answers:
            line = "" if example is None else answer_values.line_of(predictor, given, example)
            line = line if reader.task.reads_texts else f"{line}  {_name_of(record)}"
            line = typed_out.without_controls(line) if reader.task.writes else line
            why = answer_reasons.reasons_of(predictor, example) if args.why else {}
            if as_json:
                merged = answer_files.merge(record, {**fields.of(given), **why}, fields.columns)
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
        # All are checked before the first answer, which is named as theirs are.
        checked = [
            answer_files.check_records(path, reader, reading, skip_bad=args.skip_bad)
            for path in files
        ]
        return chain.from_iterable(checked)
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
    with open_records(to, files) as write:
        for record, _, answer in answers:
            write(answer_files.merge(record, fields.of(answer), fields.columns))
            count, empty = count + 1, empty + (answer is None)
    without = f", {empty:,} of them without a text" if empty else ""
    print(f"{to}: {count:,} rows{without}")


@no_more_than_there_is()
def bench(args: argparse.Namespace) -> None:
    """Benchmark exported files."""
    from ..runtime import bench, load, writing_bench

    texts: tuple[str, ...] = bench.TEXTS
    if args.texts:
        texts = answer_files.read_lines(args.texts, "--texts")
    if any(map(is_desk, args.file)):
        from . import desks

        desks.time_desks(args, texts)
        return
    files = list(map(_file_of_run, args.file))
    with no_endless_loop(", ".join(map(str, files))) as expect, console.log_beside_answers():
        if args.texts and not any(load(file, task=args.task).task.reads_texts for file in files):
            raise UserError(f"--texts has texts, and {files[0]} reads none: leave it out.")
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
