"""One student of two tasks beside two students of one: scores, size and speed of the files.

    python -m benchmarks.several snips --data ../shared/data --to runs/snips \\
        --out benchmarks/results/several_snips.json

SNIPS: the intent and the slots of a request. SICK: whether one sentence follows from another, and
how related they are. No official test parts are at hand: each data set's own `validation` is the
test part, and a tenth of the training rows, drawn once, is for validation. Each kind of run has a
teacher of its own: by default one that learns from scratch in the run, or a Hugging Face encoder
(`--teacher hf:ENCODER`) that is taught the kind's tasks once. What has been run already is read
from its folder.
"""

from __future__ import annotations

import argparse
import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.tables import draw, make_parser, teach_once


@dataclass(frozen=True)
class Benchmark:
    """Two tasks of one data set.

    Attributes:
        heads: The tasks by the name of the head.
        columns: The column of each head's labels, by the role of its task.
        fields: The columns that are kept.
        settings: Settings of the tasks by head, as they are written.
        flags: Further flags of all runs.
        predicted: The columns that a file reads.
    """

    heads: dict[str, str]
    columns: dict[str, tuple[str, str]]
    fields: tuple[str, ...]
    predicted: dict[str, str]
    settings: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """The name of both tasks together."""
        return "+".join(f"{head}={task}" for head, task in self.heads.items())

    def joint(self) -> list[str]:
        """Return the flags of the run of both tasks."""
        columns = [f"{head}.{role}={name}" for head, (role, name) in self.columns.items()]
        flags = [flag for each in columns for flag in ("--column", each)]
        for head, setting in self.settings:
            flags += ["--task-set", f"{head}.{setting}"]
        return ["--task", self.task, *flags]

    def single(self, head: str) -> list[str]:
        """Return the flags of the run of one of them."""
        role, name = self.columns[head]
        flags = ["--task", self.heads[head], "--column", f"{role}={name}"]
        own = [setting for of, setting in self.settings if of == head]
        return [*flags, *(flag for each in own for flag in ("--task-set", each))]


BENCHMARKS = {
    "snips": Benchmark(
        heads={"intent": "text-classification", "slots": "token-classification"},
        columns={"intent": ("label", "intent"), "slots": ("tags", "tags")},
        fields=("tokens", "tags", "intent"),
        predicted={"tokens": "tokens"},
        settings=(("slots", "affixes=false"),),
    ),
    "sick": Benchmark(
        heads={"entailment": "text-classification", "relatedness": "text-regression"},
        columns={"entailment": ("label", "label"), "relatedness": ("label", "score")},
        fields=("sentence1", "sentence2", "label", "score"),
        predicted={"sentence1": "text", "sentence2": "text_pair"},
        flags=("--text-column", "sentence1,sentence2"),
    ),
}
MODELS = ("--max-length", "64", "--vocab-size", "8000", "--batch-size", "64")
TEACHING = ("--epochs", "4", "--batch-size", "32")
"""Of a teacher that is fine-tuned, in place of the flags of students."""


def keep(wanted: Benchmark, row: dict) -> dict:
    """Return the columns of a row that are read, with its words as a text for single tasks."""
    kept = {name: row[name] for name in wanted.fields}
    return {**kept, "text": " ".join(row["tokens"])} if "tokens" in row else kept


def answer_rows(file: Path, rows: list[dict], wanted: Benchmark, *, as_text: bool) -> list[Any]:
    """Return the answers of a file to the rows of a data set."""
    from tfkd import runtime

    names = {"text": "text"} if as_text else wanted.predicted
    return runtime.load(file).predict([{to: row[of] for of, to in names.items()} for row in rows])


def all_right(folder: Path, test: Path, wanted: Benchmark, seed: int) -> dict[str, float]:
    """Return how often both answers are right, of the joint file and of both single files."""
    from tfkd import runtime, tasks
    from tfkd.data import Example
    from tfkd.tasks import Task

    rows = [json.loads(line) for line in test.read_text(encoding="utf-8").splitlines()]
    joint = runtime.load(folder / "joint" / f"seed-{seed}" / "student.tflite")
    task: Task = joint.task
    texts = [{to: row[of] for of, to in wanted.predicted.items()} for row in rows]
    labels = [
        {f"{head}.{role}": row[name] for head, (role, name) in wanted.columns.items()}
        for row in rows
    ]
    examples = [
        task.example({**text, **own}, "test") for text, own in zip(texts, labels, strict=True)
    ]
    ids = {
        f"{head}={name}": i
        for head in wanted.heads
        for i, name in enumerate(task.of_head(head, joint.schema)[1].labels)
    }
    examples = [Example(task.with_ids(example, ids)) for example in examples]
    by_head = {}
    for head in wanted.heads:
        file = folder / head / f"seed-{seed}" / "student.tflite"
        of_words = "tokens" not in tasks.find(wanted.heads[head]).columns
        by_head[head] = answer_rows(file, rows, wanted, as_text="tokens" in rows[0] and of_words)
    singles = [
        dict(zip(by_head, each, strict=True)) for each in zip(*by_head.values(), strict=True)
    ]
    return {
        "joint": task.score(joint.predict(texts), examples)["all_right"],
        "two": task.score(singles, examples)["all_right"],
    }


def table(reports: dict[str, list[dict]], right: list[dict[str, float]], heads: list[str]) -> str:
    """Return the files of all runs as Markdown: means over seeds."""

    def mean(kind: str, of: Any) -> float:
        files = [report["rows"][-1] for report in reports[kind]]
        return float(np.mean([of(row) for row in files]))

    lines = ["|  | both at once | two students |", "| --- | ---: | ---: |"]
    for head in heads:
        key, measure = next(iter(reports[head][0]["measures"].items()))
        ours = mean("joint", lambda row, head=head, key=key: row["scores"][f"{head}.{key}"])
        theirs = mean(head, lambda row, key=key: row["scores"][key])
        lines.append(f"| {head}: {measure['title']} | {ours:.4f} | {theirs:.4f} |")
    both = [float(np.mean([each[kind] for each in right])) for kind in ("joint", "two")]
    lines.append(f"| all right | {both[0]:.4f} | {both[1]:.4f} |")
    for name, key in (("MB", "megabytes"), ("ms a text, p50", "latency_p50")):
        ours = mean("joint", lambda row, key=key: row[key])
        theirs = sum(mean(head, lambda row, key=key: row[key]) for head in heads)
        lines.append(f"| {name} | {ours:.3f} | {theirs:.3f} |")
    return "\n".join(lines)


def find_teacher(given: argparse.Namespace, kind: str, data: list[str]) -> str:
    """Return the teacher of a kind of runs, taught once where it is an encoder."""
    if given.teacher.startswith("train"):
        return given.teacher
    own = argparse.Namespace(**{**vars(given), "to": given.to / kind})
    return teach_once(own, data, TEACHING)


def main() -> None:
    defaults = {"teacher": "train:bilstm:base", "student": "text_cnn:small", "epochs": "15"}
    given = make_parser(__doc__, tuple(BENCHMARKS), **defaults).parse_args()
    seeds = list(map(int, given.seeds))
    wanted, source = BENCHMARKS[given.name], given.data / given.name
    texts = given.to / "data"
    texts.mkdir(parents=True, exist_ok=True)
    train, validation, test = (texts / f"{p}.jsonl" for p in ("train", "validation", "test"))
    if not train.is_file():
        written = functools.partial(keep, wanted)
        draw(source / "validation.jsonl.gz", {test: 1.0}, written, given.most)
        draw(source / "train.jsonl.gz", {validation: 0.1, train: 0.9}, written, given.most)
    data = [
        *(str(train), "--validation", str(validation), "--test", str(test), "--ignore-texts"),
        *(*wanted.flags, *MODELS),
    ]
    shared = [*data, "--student", given.student, "--epochs", given.epochs]
    kinds = {"joint": wanted.joint(), **{head: wanted.single(head) for head in wanted.heads}}
    reports = {}
    for kind, flags in kinds.items():
        teacher = find_teacher(given, kind, [*data, *flags])
        every = [*shared, *flags, "--teacher", teacher]
        folder = given.to / kind
        reports[kind] = [runs.run(every, seed, folder / f"seed-{seed}") for seed in seeds]
    right = [all_right(given.to, test, wanted, seed) for seed in seeds]
    facts = {
        "command": [*shared, "--teacher", given.teacher],
        "kinds": kinds,
        "reports": reports,
        "all_right": right,
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(reports, right, list(wanted.heads)))


if __name__ == "__main__":
    main()
