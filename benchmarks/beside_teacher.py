"""A student's file beside its teacher, exported the same way: megabytes, and the time of an answer.

    python -m benchmarks.beside_teacher runs/conll/teacher runs/conll/seed-0/student.tflite \\
        runs/conll/data/test.jsonl --words 25 --out benchmarks/results/conll2003_speed.json

Both are int8 files of `tfkd.export` on one thread. One example at a time, tokenizer included; the
files take turns of twenty examples, behind one that is not counted. Of any task. With `--encoder
12x768`, a transformer encoder of so many layers and numbers is timed too, which has the teacher's
tokenizer and random weights: the time does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tfkd import runtime
from tfkd.running.folder import describe_environment
from tfkd.runtime import Predictor

REPEATS, TURN, ANY = 5, 20, 1e9


def read_examples(path: Path, predictor: Predictor, words: int, most: int) -> list[dict[str, Any]]:
    """Return examples of a file as `predict` takes them, of about so many words where told."""
    columns = predictor.task.columns
    rows = map(json.loads, path.open(encoding="utf-8"))
    examples = ({n: row[c.default] for n, c in columns.items() if c.default in row} for row in rows)
    fitting = (each for each in examples if not words or abs(count_words(each) - words) <= 2)
    return list(islice(fitting, most))


def count_words(example: dict[str, Any]) -> int:
    """Return how many words the example of a file has: its tokens, or those of its texts."""
    if "tokens" in example:
        return len(example["tokens"])
    return sum(len(each.split()) for each in example.values() if isinstance(each, str))


def milliseconds(files: dict[str, Predictor], examples: list[dict[str, Any]]) -> dict[str, float]:
    """Return the median time of an answer by each file; the files take turns."""
    took: dict[str, list[float]] = {name: [] for name in files}
    for start in [*range(0, len(examples), TURN)] * REPEATS:
        for name, predictor in files.items():
            predictor.predict(examples[start : start + 1])
            for example in examples[start : start + TURN]:
                begin = time.perf_counter()
                predictor.predict([example])
                took[name].append(1e3 * (time.perf_counter() - begin))
    return {name: float(np.median(each)) for name, each in took.items()}


def export_teachers(given: argparse.Namespace, student: Predictor, folder: Path) -> dict[str, Path]:
    """Return the int8 files of a run's own teacher, and of an encoder of a size if that is asked.

    Args:
        given: The flags.
        student: The student of the run, whose task they have.
        folder: Where to write them.
    """
    import tfkd
    from tfkd import tasks
    from tfkd.students import build_for
    from tfkd.teachers import load_teacher

    # A fine-tuned encoder reads no affixes.
    task = tasks.find(tasks.name_of(student.task))
    teacher = load_teacher(f"keras:{given.teacher}", task=task)
    schema = task.complete_schema(task.schema(student.labels), [])
    models = {"teacher": teacher.model}
    if given.encoder:
        layers, width = map(int, given.encoder.split("x"))
        size = {"layers": layers, "width": width, "heads": max(1, width // 64)}
        vocabulary = teacher.encoder.vocab_size
        models[given.encoder] = build_for(task, schema, "transformer", vocabulary, **size)
    options = {"encoder": teacher.encoder, "task": task, "schema": schema, "quantize": "int8"}
    files = {name: folder / f"{name}.tflite" for name in models}
    for name, model in models.items():
        # What random weights answer says nothing, and so may change.
        gate = {} if name == "teacher" else {"tolerance": ANY, "max_drop": ANY}
        tfkd.export(model, files[name], **options, **gate)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("teacher", type=Path, help="a folder of `tfkd teach`")
    parser.add_argument("student", type=Path, help="a .tflite of a run with this teacher")
    parser.add_argument("examples", type=Path, help="JSON lines")
    parser.add_argument("--words", type=int, default=0, help="of an example, two more or less")
    parser.add_argument("--most", type=int, default=100, help="examples")
    parser.add_argument("--encoder", help="LAYERSxWIDTH of another teacher, of random weights")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    student = runtime.load(given.student)
    examples = read_examples(given.examples, student, given.words, given.most)
    with tempfile.TemporaryDirectory() as folder:
        files = {**export_teachers(given, student, Path(folder)), "student": given.student}
        took = milliseconds({name: runtime.load(file) for name, file in files.items()}, examples)
        sizes = {name: file.stat().st_size for name, file in files.items()}
    faster = {name: round(each / took["student"], 1) for name, each in took.items()}
    facts = {
        "examples": len(examples),
        "words": given.words or None,
        "milliseconds": {name: round(each, 4) for name, each in took.items()},
        "megabytes": {name: round(each / 1e6, 3) for name, each in sizes.items()},
        "times_faster": {name: times for name, times in faster.items() if name != "student"},
        "environment": describe_environment(),
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
