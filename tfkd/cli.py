"""The command line. It parses and prints; the work is done by what Python calls too."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from . import flags, interrupts
from ._version import __version__
from .backup.preemption import EXIT_PREEMPTED, Preempted, raised
from .config import RunConfig, make
from .errors import LostWorker, UserError
from .memory import no_more_than_there_is
from .quantisations import AUTO, QUANTIZE
from .watch import no_endless_loop

EXIT_WRONG_INPUT, EXIT_INTERRUPTED, EXIT_CLOSED_PIPE = 2, 130, 141
PRECISIONS = ("auto", "float32", "bfloat16", "int8")
_OPTIONS = ("dtype", "top_k", "precision", "shard")
_OF_STORE = (*_OPTIONS, "verify", "repair", "runner", "parts", "beam")


def main(argv: list[str] | None = None) -> int:
    """Run a command; its exit code.

    0, 2 for wrong input, 75 where SIGTERM or a lost worker ended it and the same command goes on,
    130 for Ctrl-C, 141 for a closed pipe.
    """
    # TensorFlow reads this when it is imported, later.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        try:
            with interrupts.heard(), raised():
                given = _parsed(argv)
                given.command(given)
        finally:
            sys.stdout.flush()  # a closed pipe may show only here
        return 0
    except UserError as error:
        return _fail(str(error))
    except BrokenPipeError:
        return _closed_pipe()
    except OSError as error:
        return _fail(
            f"{error.strerror or str(error).splitlines()[0]}"
            f"{f' ({error.filename})' if error.filename else ''}: what was finished is kept; mend "
            "this and give the same command again."
        )
    except Preempted as stopped:
        print(stopped, file=sys.stderr)
        return EXIT_PREEMPTED
    except LostWorker as error:
        print(f"tfkd: {error}", file=sys.stderr)
        return EXIT_PREEMPTED
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here.", file=sys.stderr)
        return EXIT_INTERRUPTED


def _parsed(argv: list[str] | None) -> argparse.Namespace:
    """As `parse_args`, and with texts behind a flag: `predict FILE --json TEXT`."""
    top = parser()
    given, rest = top.parse_known_args(argv)
    if rest and ("text" not in given or any(each.startswith("-") for each in rest)):
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        given.text += rest
    return given


def _fail(sentence: str) -> int:
    print(f"tfkd: {sentence}", file=sys.stderr)
    return EXIT_WRONG_INPUT


def _closed_pipe() -> int:
    """The code of a program that SIGPIPE ended, as in `yes | head`."""
    # What is still buffered goes nowhere; else Python complains at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_CLOSED_PIPE


def parser() -> argparse.ArgumentParser:
    """All commands and flags; the flags of `distill` are the fields of `RunConfig`."""
    top = argparse.ArgumentParser(
        prog="tfkd", description="Distil a large text classifier into a small LiteRT file."
    )
    top.add_argument("--version", action="version", version=f"tfkd {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    distill = flags.command(commands, "distill", _distill, "train a small student from a teacher")
    distill.add_argument("data", help="imdb, sample, a file, a folder, or a run's .toml")
    flags.settings(distill, [f.name for f in dataclasses.fields(RunConfig) if f.name != "data"])
    distill.add_argument(
        "--recipe", default=argparse.SUPPRESS, help="settings of a paper, see `tfkd recipes`"
    )

    teach = flags.command(commands, "teach", _teach, "train or fine-tune a teacher and save it")
    teach.add_argument("data", help="imdb, sample, a file or a folder")
    flags.settings(teach, flags.OF_TEACH)

    cache = flags.command(commands, "cache", _cache, "store a teacher's outputs, once for all runs")
    cache.add_argument("data", nargs="?", help="imdb, sample, a file or a folder")
    flags.settings(cache, flags.OF_CACHE)
    cache.add_argument("--dtype", choices=("float16", "float32"), default="float16")
    cache.add_argument("--precision", choices=PRECISIONS, default="auto", help="of the teacher")
    cache.add_argument(
        "--top-k", type=int, help="of the logits, the K largest and the others' mass"
    )
    cache.add_argument("--shard", default="1/1", help="2/8: the second of eight writers")
    cache.add_argument("--runner", choices=("here", "beam"), default="here", help="who computes")
    cache.add_argument("--parts", type=int, default=0, help="for beam: units of work")
    cache.add_argument(
        "--beam", action="append", default=[], metavar="OPTION", help="Beam's own, --beam=--x=y"
    )
    cache.add_argument("--verify", type=Path, metavar="STORE", help="read every byte of a store")
    cache.add_argument("--repair", type=Path, metavar="STORE", help="compute broken shards again")

    compare = flags.command(commands, "compare", _compare, "show the reports of runs")
    compare.add_argument("run", nargs="+", type=Path, help="a run's folder")
    compare.add_argument("--format", choices=("table", "markdown", "json"), default="table")
    compare.add_argument("--again", action="store_true", help="measure once more, and save that")
    compare.add_argument("--html", type=Path, metavar="PAGE", help="write a page with plots")
    compare.add_argument("--texts", type=int, default=0, help="of the page: test texts at most")

    export = flags.command(commands, "export", _export, "write a verified file of a run's student")
    export.add_argument("run", type=Path, help="a run's folder")
    export.add_argument("--to", type=Path, help="the .tflite, .keras, .onnx or SavedModel folder")
    export.add_argument(
        "--quantize", choices=(*QUANTIZE, AUTO), help="of a .tflite; auto: the smallest that passes"
    )
    export.add_argument("--max-drop", type=float, help="points of accuracy that may be lost")
    export.add_argument(
        "--tokenizer", action="store_true", help="inside of a SavedModel, which then takes texts"
    )
    export.add_argument("--client", choices=("mediapipe",), help="that runs the .tflite as it is")

    predict = flags.command(commands, "predict", _predict, "classify texts with an exported file")
    predict.add_argument("file", type=Path, help="a .tflite, or a run's folder")
    predict.add_argument("text", nargs="*", help="texts; without any, the lines of stdin")
    predict.add_argument("--json", action="store_true", help="answers as JSON, one object a line")
    predict.add_argument(
        "--jsonl", action="store_true", help="the lines are JSON, and so are answers"
    )
    predict.add_argument("--text-column", default="text", help="of the JSON objects")
    predict.add_argument("--batch-size", type=int, default=1, help="texts answered together")
    predict.add_argument("--threads", type=int, default=1)

    bench = flags.command(commands, "bench", _bench, "time exported files, without TensorFlow")
    bench.add_argument(
        "file", nargs="+", type=Path, help="a .tflite; the others are compared to it"
    )
    bench.add_argument("--texts", type=Path, help="a file with one text a line")
    bench.add_argument("--threads", nargs="+", type=int, default=[1], help="e.g. --threads 1 4")
    bench.add_argument("--json", action="store_true", help="the numbers as JSON")

    demo = flags.command(commands, "demo", _demo, "show a file for MediaPipe in the browser")
    demo.add_argument("file", type=Path, help="a .tflite of `tfkd export --client mediapipe`")
    demo.add_argument("--answers", type=Path, help="a teacher's, from `tfkd predict --jsonl`")
    demo.add_argument("--port", type=int, default=8000, help="on 127.0.0.1; 0 for a free one")

    recipe = flags.command(commands, "recipes", _recipes, "list the recipes, or show one as TOML")
    recipe.add_argument("name", nargs="?", help="of a recipe")

    flags.command(commands, "list", _list, "list data, teachers, students and settings")
    return top


# -- the commands ----------------------------------------------------------------------------


def _import_tensorflow() -> None:
    """Import it without the lines that it prints about the machine."""
    import logging

    from .quiet import quiet

    with quiet():
        import tensorflow as tf

        tf.config.list_physical_devices()
    # Each model is traced anew, which TensorFlow takes for a mistake and warns of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _distill(given: argparse.Namespace) -> None:
    config = flags.config_of(given)
    _import_tensorflow()
    from .console import Voice
    from .run import run

    voice = Voice()
    result = run(config, voice)
    if result.worker:
        return  # the first one shows the report
    result.report.show(voice)
    voice.say(f"report    {result.folder / 'report.md'}")
    voice.say(f'try       tfkd predict {result.file} "..."')


def _teach(given: argparse.Namespace) -> None:
    config = flags.config_of(given)
    _import_tensorflow()
    from .teach import teach

    teach(config)


def _cache(given: argparse.Namespace) -> None:
    settings = {k: v for k, v in vars(given).items() if k not in ("command", *_OF_STORE)}
    if not (given.verify or given.repair or given.data):
        raise UserError("give the data to store the outputs for, or --verify or --repair a store.")
    _import_tensorflow()
    from . import caching

    if given.verify:
        caching.verify(given.verify)
    elif given.repair:
        caching.repair(given.repair)
    elif given.runner == "beam":
        from . import beam_pass

        options = {name: getattr(given, name) for name in _OPTIONS if name != "shard"}
        beam_pass.cache(make(settings), parts=given.parts, arguments=tuple(given.beam), **options)
    else:
        options = {name: getattr(given, name) for name in _OPTIONS}
        caching.cache(make(settings), **options)


def _compare(given: argparse.Namespace) -> None:
    import json

    from .console import Voice
    from .report import load

    if given.again:
        _import_tensorflow()
        from .run import measure_again

        for folder in given.run:
            measure_again(folder)
    if given.html:
        _page(given)
        return
    for report in map(load, given.run):
        if given.format == "json":
            print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False))
        elif given.format == "markdown":
            print(report.markdown())
        else:
            report.show(Voice())


def _page(given: argparse.Namespace) -> None:
    from . import reporting
    from .console import Voice

    reporting.check(given.html, given.texts)
    _import_tensorflow()
    voice = Voice()
    reporting.write(given.run, given.html, texts=given.texts, voice=voice)
    voice.say(f"page      {given.html}, its figures {given.html.with_suffix('.json').name}")


def _export(given: argparse.Namespace) -> None:
    _import_tensorflow()
    from .run import export_again

    made = export_again(
        *(given.run, given.to, given.quantize, given.client, given.max_drop, given.tokenizer)
    )
    print(
        f"{made.path}: {made.bytes / 1e6:.2f} MB, {made.quantize or made.format}, verified on "
        f"{made.checked} texts: agreement {made.agreement:.2%}, greatest difference of logits "
        f"{made.max_difference:.4g}"
    )


@no_more_than_there_is()
def _predict(given: argparse.Namespace) -> None:
    from . import predicting
    from .runtime import Classifier

    file = given.file / "student.tflite" if given.file.is_dir() else given.file
    column = given.text_column if given.jsonl else "text"
    found: Iterable[predicting.Record] = [{column: each} for each in given.text]
    if not given.text:
        found = (predicting.objects if given.jsonl else predicting.texts)(sys.stdin, column)
    with no_endless_loop(str(file)):
        classifier = Classifier(file, threads=given.threads)
        _answer(predicting.answered(classifier, found, column, given.batch_size), given)


def _answer(found: Iterable[dict], given: argparse.Namespace) -> None:
    import json

    for each in found:
        if given.json or given.jsonl:
            print(json.dumps(each, ensure_ascii=False), flush=True)
        else:
            print(f"{each['label']}  {each['probability']:.4f}  {each['text'][:80]}", flush=True)


@no_more_than_there_is()
def _bench(given: argparse.Namespace) -> None:
    from .runtime import bench

    texts = bench.TEXTS
    if given.texts:
        texts = tuple(filter(None, given.texts.read_text(encoding="utf-8").splitlines()))
    with no_endless_loop(", ".join(map(str, given.file))):
        found = bench.bench(given.file, texts, threads=given.threads)
    print(bench.as_json(found) if given.json else bench.table(found))


def _demo(given: argparse.Namespace) -> None:
    from .demo import demo

    demo(given.file, given.answers, given.port)


def _recipes(given: argparse.Namespace) -> None:
    from . import recipes

    if given.name:
        print(recipes.read(given.name), end="")
        return
    for name in recipes.names():
        print(f"{name:<12}  {recipes.title(name)}")


def _list(given: argparse.Namespace) -> None:
    _import_tensorflow()
    from .listing import listing

    print(listing())


if __name__ == "__main__":
    sys.exit(main())
