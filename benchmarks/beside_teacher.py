"""A student's file beside its teacher, exported the same way: megabytes, and the time of an answer.

    python -m benchmarks.beside_teacher runs/conll/teacher runs/conll/seed-0/student.tflite \\
        runs/conll/data/test.jsonl --words 25 --out benchmarks/results/conll2003_speed.json

Both are int8 files of `tfkd.export` on one thread. One example at a time, tokenizer included; the
files take turns of twenty examples, behind one that is not counted. Of any task.
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

REPEATS, TURN = 5, 20


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


def write_teacher(folder: Path, student: Predictor, path: Path) -> None:
    """Write a run's own teacher as an int8 file for the task of its student."""
    import tfkd
    from tfkd import tasks
    from tfkd.teachers import load_teacher

    # A fine-tuned encoder reads no affixes.
    task = tasks.find(tasks.name_of(student.task))
    teacher = load_teacher(f"keras:{folder}", task=task)
    schema = task.complete_schema(task.schema(student.labels), [])
    options = {"encoder": teacher.encoder, "task": task, "schema": schema}
    tfkd.export(teacher.model, path, quantize="int8", **options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("teacher", type=Path, help="a folder of `tfkd teach`")
    parser.add_argument("student", type=Path, help="a .tflite of a run with this teacher")
    parser.add_argument("examples", type=Path, help="JSON lines")
    parser.add_argument("--words", type=int, default=0, help="of an example, two more or less")
    parser.add_argument("--most", type=int, default=100, help="examples")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    student = runtime.load(given.student)
    examples = read_examples(given.examples, student, given.words, given.most)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "teacher.tflite"
        write_teacher(given.teacher, student, path)
        took = milliseconds({"teacher": runtime.load(path), "student": student}, examples)
        sizes = {"teacher": path.stat().st_size, "student": given.student.stat().st_size}
    facts = {
        "examples": len(examples),
        "words": given.words or None,
        "milliseconds": {name: round(each, 4) for name, each in took.items()},
        "megabytes": {name: round(each / 1e6, 3) for name, each in sizes.items()},
        "times_faster": round(took["teacher"] / took["student"], 1),
        "environment": describe_environment(),
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
