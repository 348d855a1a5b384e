"""What the tables of tasks that write have in common: a teacher, and students at each level."""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import runs
from benchmarks.tables import make_parser

LEVELS = ("word", "sequence", "both")
"""What a student learns of its teacher: the probabilities of each token, its texts, or both."""
TIMED = 200
"""Texts that are timed."""


def parse(
    document: str,
    names: Sequence[str] = (),
    *,
    levels: Sequence[str] = LEVELS,
    setting: str = "level",
    **defaults: str,
) -> argparse.Namespace:
    """Return the flags of all tables, the levels and the epochs of the teacher.

    Args:
        document: The docstring of the script.
        names: The data sets to choose from; empty for the only one.
        levels: The values of a setting, a row of the table each.
        setting: That of the task.
        **defaults: The default `teacher`, `student`, `epochs` and `teacher_epochs`.
    """
    teacher_epochs = defaults.pop("teacher_epochs")
    parser = make_parser(document, names, **defaults)
    parser.set_defaults(setting=setting)
    parser.add_argument("--levels", nargs="+", choices=levels, default=levels)
    parser.add_argument("--teacher-epochs", default=teacher_epochs)
    parser.add_argument("--set", nargs="+", default=[], help="settings of the student, NAME=VALUE")
    return parser.parse_args()


def read(path: Path) -> Iterator[dict]:
    """Yield the rows of a file, packed by gzip."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def write(rows: list[dict], most: int, target: Path) -> None:
    """Write at most so many rows, drawn evenly and always the same ones, in their order."""
    chosen = sorted(np.random.default_rng(0).permutation(len(rows))[:most].tolist())
    lines = (json.dumps(rows[i], ensure_ascii=False) for i in chosen)
    target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def prepare(
    given: argparse.Namespace, parts: dict[str, Callable[[], list[dict]]], most: dict[str, int]
) -> list[str]:
    """Write the parts of a data set, unless they are there; return the flags that name them.

    Args:
        given: The flags of `parse`.
        parts: What reads `train`, `validation` and `test`.
        most: The rows of a part at most.
    """
    folder = given.to / "data"
    folder.mkdir(parents=True, exist_ok=True)
    files = {part: folder / f"{part}.jsonl" for part in parts}
    for part, rows in parts.items():
        if not files[part].is_file():
            write(rows(), min(given.most, most.get(part, given.most)), files[part])
    others = [flag for part in files if part != "train" for flag in (f"--{part}", files[part])]
    return [str(flag) for flag in (files["train"], *others)]


def teach(given: argparse.Namespace, data: Sequence[str]) -> Path:
    """Teach the teacher, unless it is there or given as `keras:FOLDER`; return its folder.

    Raises:
        SystemExit: The command failed.
    """
    from tfkd.cli import main as tfkd

    kind, _, path = given.teacher.partition(":")
    if kind == "keras":
        return Path(path)
    folder = given.to / "teacher"
    epochs = ("--epochs", given.teacher_epochs)
    code = tfkd(["teach", *data, "--teacher", given.teacher, *epochs, "--to", str(folder)])
    if code:
        raise SystemExit(code)
    return folder


def make_table(given: argparse.Namespace, data: Sequence[str], running: Sequence[str] = ()) -> None:
    """Teach the teacher once, run its students with each level and seed, and write the table.

    All runs lie next to each other, so that the teacher writes its texts once. What has been run
    is read from its folder.

    Args:
        given: The flags of `parse`.
        data: The training file, and the flags that teacher and students share.
        running: Further flags of the students.
    """
    teacher = teach(given, data)
    shared = [*data, "--teacher", f"keras:{teacher}", "--student", given.student]
    # Probabilities of tokens are learnt of a teacher with the same tokens.
    shared += ["--tokenizer", str(teacher), "--epochs", given.epochs, *running]
    shared += [flag for setting in given.set for flag in ("--set", setting)]
    seeds = list(map(int, given.seeds))
    joined = []
    for seed in seeds:
        by_level = {}
        for level in given.levels:
            # The student alone is the same at each level.
            flags = [
                "--task-set",
                f"{given.setting}={level}",
                *(["--no-alone"] if by_level else []),
            ]
            folder = given.to / f"{level}-seed-{seed}"
            by_level[level] = runs.run([*shared, *flags], seed, folder)
        joined.append(join(by_level))
        joined[-1]["speed"] = {
            level: time_file(given.to / f"{level}-seed-{seed}" / "student.tflite", data)
            for level in given.levels
        }
    first = given.to / f"{given.levels[0]}-seed-{seeds[0]}" / "environment.json"
    environment = json.loads(first.read_text(encoding="utf-8"))
    found = dict(zip(map(str, seeds), joined, strict=True))
    known = [Path(flag).name if Path(flag).exists() else flag for flag in shared]
    command = [flag.replace(str(given.to), "RUNS") for flag in known]
    facts = {"command": command, "environment": environment, "seeds": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(runs.table(joined))
    for seed, each in found.items():
        print("\n".join(f"seed {seed}, {word}" for word in each["words"]))


def join(by_level: dict[str, dict]) -> dict:
    """Return the reports of a student at several levels as one, a row for each of them."""
    first = next(iter(by_level.values()))
    shared = [row for row in first["rows"] if not _is_students(row["name"])]
    own = [
        {**row, "name": _of_level(row["name"], level)}
        for level, report in by_level.items()
        for row in report["rows"]
        if _is_students(row["name"])
    ]
    words = [f"{level}: {line}" for level, report in by_level.items() for line in report["words"]]
    return {**first, "rows": [*shared, *own], "words": words}


def _is_students(name: str) -> bool:
    return name.startswith(("distilled", "exported"))


def _of_level(name: str, level: str) -> str:
    """Return the name of a row of one level; `int8` is that of its file.

    >>> _of_level("distilled", "word"), _of_level("exported (int8)", "word")
    ('word', 'word, int8')
    """
    kind = name.partition("(")[2].rstrip(")")
    return f"{level}, {kind}" if kind else level


def time_file(file: Path, data: Sequence[str]) -> dict[str, float]:
    """Return how fast a file writes greedily on one thread, without TensorFlow.

    Args:
        file: An exported file.
        data: The flags with the test file.
    """
    from tfkd import runtime

    test = Path(data[data.index("--test") + 1])
    model = runtime.load(file)
    role = next(iter(model.task.typed_roles()))
    rows = [json.loads(line) for line in test.read_text(encoding="utf-8").splitlines()[:TIMED]]
    values = [row[model.task.columns[role].default] for row in rows]
    # Turns of a dialogue are a list.
    texts = [value if isinstance(value, str) else "\n".join(value) for value in values]
    model.predict(texts[:4])
    start = time.perf_counter()
    # One after the other, as somebody who types gets them.
    written = [model.predict([text])[0].text for text in texts]
    seconds = time.perf_counter() - start
    # Each text has an end, which is a token too.
    tokens = sum(len(ids) + 1 for ids in model.encoder.encode_targets(written, 10**6))
    return {"tokens_per_second": tokens / seconds, "ms_a_text": 1000 * seconds / len(texts)}
