"""Financial news in three classes: two data sets, and across; and a student that moves over.

    python -m benchmarks.finance --data ../shared/data --teacher hf:ENCODER \\
        --to runs/finance --out benchmarks/results/finance.json

Both data sets get the classes negative, neutral and positive. Of Financial PhraseBank every fifth
sentence is for testing and every tenth for validation, drawn once; Twitter's own validation part is
for testing, and every tenth training text for validation. A teacher that is fine-tuned already is
used as it is: `--teacher keras:FOLDER/teacher` with the texts it knows in `--splits FOLDER`, where
`{name}` stands for `phrasebank` and `twitter_finance`.

The second table is that of the first data set's students on the texts of the second, and the other
way round. The third is of a student that was trained on PhraseBank and goes on with Twitter
(`--from`), beside one that starts from nothing: with all labels, and with a tenth of the texts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import runs
from benchmarks.tables import columns, draw, make_parser

NAMES = ("phrasebank", "twitter_finance")
PARTS = ("train", "validation", "test")
CLASSES = {"bearish": "negative", "bullish": "positive"}
FEW = 0.1
"""Of Twitter's training texts, for a student that moves over with little data."""
TEACHING = ("--epochs", "4", "--max-length", "64", "--learning-rate", "1e-4")


def write_parts(given: Any, name: str) -> Path:
    """Write the texts of a data set as train, validation and test; return their folder."""
    folder = given.to / name / "data"
    if (folder / "test.jsonl").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    drawn = given.to / name / "drawn"
    drawn.mkdir(exist_ok=True)
    files = {part: drawn / f"{part}.jsonl" for part in PARTS}
    keep = columns("text", "label")
    if given.splits:
        source = Path(given.splits.format(name=name))
        files = {part: source / f"{part}.jsonl" for part in PARTS}
    elif name == "phrasebank":
        shares = {files["test"]: 0.2, files["validation"]: 0.1, files["train"]: 0.7}
        file = given.data / "financial_phrasebank" / "sentences_50agree.jsonl.gz"
        draw(file, shares, keep, given.most)
    else:
        source = given.data / "twitter_financial_news"
        draw(source / "validation.jsonl.gz", {files["test"]: 1.0}, keep, given.most)
        shares = {files["validation"]: 0.1, files["train"]: 0.9}
        draw(source / "train.jsonl.gz", shares, keep, given.most)
    for part, file in files.items():
        rows = map(json.loads, file.read_text(encoding="utf-8").strip().split("\n")[: given.most])
        named = ({**row, "label": CLASSES.get(row["label"], row["label"])} for row in rows)
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in named)
        (folder / f"{part}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def write_few(folder: Path) -> Path:
    """Write a tenth of the training texts beside the same other parts; return their folder."""
    few = folder.with_name("few")
    few.mkdir(exist_ok=True)
    for part in PARTS:
        text = (folder / f"{part}.jsonl").read_text(encoding="utf-8")
        lines = [f"{line}\n" for line in text.strip().split("\n")]
        if part == "train":
            chosen = np.random.default_rng(0).permutation(len(lines))[: round(FEW * len(lines))]
            lines = [lines[i] for i in chosen]
        (few / f"{part}.jsonl").write_text("".join(lines), encoding="utf-8")
    return few


def find_teacher(given: Any, name: str, folder: Path) -> list[str]:
    """Fine-tune the teacher once, or take the one that is given; return its flags."""
    from tfkd.cli import main as tfkd

    if given.teacher.startswith("keras:"):
        teacher = given.teacher.format(name=name)
        labels = (Path(teacher.removeprefix("keras:")) / "labels.txt").read_text().split()
        named = [CLASSES.get(label, label) for label in labels]
        return ["--teacher", teacher, "--teacher-labels", ",".join(named)]
    teacher = given.to / name / "teacher"
    flags = ["--teacher", given.teacher, *TEACHING, "--to", str(teacher)]
    if code := tfkd(["teach", str(folder), *flags]):
        raise SystemExit(code)
    return ["--teacher", f"keras:{teacher}"]


def run_seed(given: Any, folder: Path, to: Path, seed: str, *flags: str) -> dict:
    """Return the report of the recipe with a seed, in a folder of its own."""
    recipe = ["--recipe", "finance", *(["--epochs", given.epochs] if given.epochs else [])]
    recipe += ["--student", given.student] if given.student else []
    return runs.run([str(folder), *recipe, *flags], int(seed), to / f"seed-{seed}")


def score_across(run: Path, test: Path) -> dict[str, float]:
    """Return the scores of a run's file on other texts of the same classes."""
    from tfkd.data import open_data
    from tfkd.runtime import load

    predictor = load(run / "student.tflite")
    data = open_data(test, test=test, reader=predictor.task)
    if data.labels != predictor.labels:
        raise SystemExit(f"{test} has the classes {data.labels}, and {run} {predictor.labels}")
    examples = list(data.read("test"))
    return predictor.task.score(predictor.predict(examples), examples)


def compare_start(given: Any, folder: Path, to: Path, teacher: list[str]) -> dict[str, Any]:
    """Return the reports of students from nothing and from PhraseBank, and what was forgotten."""
    plain, started, forgotten = [], [], []
    for seed in given.seeds:
        earlier = given.to / NAMES[0] / f"seed-{seed}"
        flags = (*teacher, "--no-alone")
        plain.append(run_seed(given, folder, to / "plain", seed, *flags))
        # Architecture and vocabulary are those of the earlier run.
        started.append(run_seed(given, folder, to / "from", seed, *flags, "--from", str(earlier)))
        scores = (to / "from" / f"seed-{seed}" / "forgetting.json").read_text(encoding="utf-8")
        forgotten.append(json.loads(scores))
    return {"plain": plain, "from": started, "forgetting": forgotten}


def spread(values: list[float]) -> str:
    """Return the mean of some shares in percent, and from where to where."""
    low, mean, high = (f"{100 * v:.2f}" for v in (min(values), np.mean(values), max(values)))
    return f"{mean} ({low} to {high})" if len(values) > 1 else mean


def show_start(found: dict[str, Any]) -> str:
    """Return the table of students that moved over, as Markdown."""
    lines = [
        "| texts | from nothing | `--from` | PhraseBank before | after |",
        "| --- |" + " ---: |" * 4,
    ]
    for title, parts in found.items():
        scores = [
            [
                row["scores"]["accuracy"]
                for each in parts[name]
                for row in each["rows"]
                if row["name"] == "distilled"
            ]
            for name in ("plain", "from")
        ]
        scores += [
            [each["earlier"][when]["accuracy"] for each in parts["forgetting"]]
            for when in ("before", "after")
        ]
        lines.append(f"| {title} | {' | '.join(map(spread, scores))} |")
    return "\n".join(lines)


def main() -> None:
    parser = make_parser(__doc__, teacher="hf:ENCODER", student="", epochs="")
    parser.add_argument("--splits", default="", help="folder of texts that a teacher knows: {name}")
    given = parser.parse_args()
    found: dict[str, Any] = {"reports": {}, "across": {}, "start": {}}
    folders = {name: write_parts(given, name) for name in NAMES}
    teachers = {name: find_teacher(given, name, folders[name]) for name in NAMES}
    for name, folder in folders.items():
        flags = (*teachers[name], "--baseline", "tfidf")
        found["reports"][name] = [
            run_seed(given, folder, given.to / name, seed, *flags) for seed in given.seeds
        ]
        print(f"\n{name}\n\n{runs.table(found['reports'][name])}")
    for name, other in (NAMES, NAMES[::-1]):
        test = folders[other] / "test.jsonl"
        scores = [score_across(given.to / name / f"seed-{seed}", test) for seed in given.seeds]
        found["across"][f"{name} on {other}"] = scores
        values = (spread([each[key] for each in scores]) for key in ("accuracy", "macro_f1"))
        print(f"\n{name} on {other}: accuracy and macro F1 {', '.join(values)}")
    twitter = NAMES[1]
    for title, folder in (("all", folders[twitter]), ("tenth", write_few(folders[twitter]))):
        to = given.to / f"start-{title}"
        found["start"][title] = compare_start(given, folder, to, teachers[twitter])
    print(f"\n{show_start(found['start'])}")
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
