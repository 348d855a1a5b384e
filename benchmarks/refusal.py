"""What a file of intents does with questions of no known intent: CLINC150; and BANKING77.

    python -m benchmarks.refusal clinc150 --data ../shared/data --teacher hf:ENCODER \\
        --to runs/clinc150 --out benchmarks/results/clinc150_refusal.json

CLINC150 is trained twice: with its 100 unknown questions as a class `oos` of their own ("class"),
and without them, so that confidence alone tells them ("threshold"). BANKING77 has none: there the
wrong answers are what is to be found. A teacher hf:FOLDER is fine-tuned once for each;
`--teacher class=keras:FOLDER` gives one that was. Thresholds are chosen on validation questions, as
the recipe `service-desk` does, and everything else is counted on test questions.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from benchmarks import runs

UNKNOWN = "oos"
WAYS = {"clinc150": ("class", "threshold"), "banking77": ("threshold",)}
HELD_BACK = {"banking77": {"validation": 0.1, "test": 0.2}}
"""The shares of splits that the data set itself does not have here."""
STUDENT = ("--student", "ngram_cnn:small", "--vocab-size", "8000", "--max-length", "32")
TEACHING = ("--max-length", "32", "--batch-size", "32", "--learning-rate", "1e-4")
TITLES = {
    "accuracy": "known questions, right intent",
    "auroc": "AUROC, known against unknown",
    "auroc_wrong": "AUROC, right against wrong",
    "coverage": "given an intent, if 95 % of these have to be right",
    "known_given": "known questions that are given one",
    "given_right": "of these, the right one",
    "unknown_refused": "unknown questions that are refused",
}
"""The last three are counted at the threshold of validation questions."""


def read(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def split(name: str, folder: Path, most: int) -> dict[str, list[dict]]:
    """Return texts and intents by split, drawn evenly and always the same ones."""
    draw = np.random.default_rng(0)
    shares = HELD_BACK.get(name, {})
    parts = {
        part: read(folder / name / f"{part}.jsonl.gz")
        for part in ("train", "validation", "test")
        if part not in shares
    }
    for part, share in shares.items():
        order, rows = draw.permutation(len(parts["train"])), parts["train"]
        cut = round(share * len(rows))
        parts[part] = [rows[i] for i in order[:cut]]
        parts["train"] = [rows[i] for i in order[cut:]]
    chosen = {part: draw.permutation(len(rows))[:most] for part, rows in parts.items()}
    return {
        part: [{"text": rows[i]["text"], "label": rows[i]["intent"]} for i in sorted(chosen[part])]
        for part, rows in parts.items()
    }


def write(parts: dict[str, list[dict]], folder: Path, way: str) -> None:
    """Write the files of a run; without a class for them, no unknown question is in any."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in parts.items():
        kept = [row for row in rows if way == "class" or row["label"] != UNKNOWN]
        lines = "".join(f"{json.dumps(row)}\n" for row in kept)
        (folder / f"{part}.jsonl").write_text(lines, encoding="utf-8")


def ask(folder: Path, texts: list[str], asked: dict[str, list]) -> dict[str, list]:
    """Return the answers of each model of a run; those of the teacher are asked for once."""
    from tfkd import runtime
    from tfkd.data import Example
    from tfkd.running.context import open_run
    from tfkd.running.encoders import open_encoder
    from tfkd.running.given_teacher import load_given_teacher
    from tfkd.running.measuring import answer_examples
    from tfkd.running.student import load_student

    context = open_run(folder)
    encoder, schema = open_encoder(context), context.data.schema
    examples = [Example(text=text) for text in texts]
    models = {
        "alone": load_student(context, encoder, "alone"),
        "distilled": load_student(context, encoder, "student"),
        "file": runtime.load(folder / "student.tflite"),
    }
    if "teacher" not in asked:
        models = {"teacher": load_given_teacher(context), **models}
    answers = {
        name: answer_examples(context.task, model, examples, schema)
        for name, model in models.items()
    }
    return {**asked, **answers}


def score(answers: dict[str, list], rows: dict[str, list[dict]]) -> dict[str, float]:
    """Return the measures of one model, given its answers to validation and test questions."""
    from tfkd.reporting.refusal import answered_above, auroc, coverage_at
    from tfkd.running.desk_making import choose_threshold

    confidence, right, known = {}, {}, {}
    for part, given in answers.items():
        labels = [row["label"] for row in rows[part]]
        best = [max((p, c) for c, p in a.probabilities.items() if c != UNKNOWN) for a in given]
        confidence[part] = np.array([p for p, _ in best])
        known[part] = np.array([label != UNKNOWN for label in labels])
        right[part] = np.array([a.label == b for a, b in zip(given, labels, strict=True)])
        # What the class of the unknown takes is not given, whatever the threshold.
        taken = np.array([a.label == UNKNOWN for a in given])
        scored = confidence[part]
        confidence[part] = np.where(taken, 0.0, scored)
    test, all_known = known["test"], known["test"].all()
    threshold = choose_threshold(
        confidence["validation"][known["validation"]],
        right["validation"][known["validation"]],
        least_right=0.95,
        kept=0.95,
    )
    above = answered_above(threshold, confidence["test"][test], right["test"][test])
    found = {
        "accuracy": float(right["test"][test].mean()),
        "auroc": np.nan if all_known else auroc(-scored, ~test),
        "auroc_wrong": auroc(-scored[test], ~right["test"][test]),
        "coverage": coverage_at(0.95, confidence["test"], right["test"] & test).share,
        "known_given": above.share,
        "given_right": above.accuracy,
        "unknown_refused": np.nan
        if all_known
        else float((confidence["test"][~test] < threshold).mean()),
    }
    return {name: value for name, value in found.items() if not np.isnan(value)}


def table(found: dict[str, list[dict]]) -> list[str]:
    """Return the table of one way as Markdown: the mean over seeds, and from where to where."""
    models = list(found)
    lines = [f"| % | {' | '.join(models)} |", f"| --- |{' ---: |' * len(models)}"]
    for name, title in TITLES.items():
        if name not in found[models[0]][0]:
            continue
        cells = []
        for model in models:
            values = 100 * np.array([each[name] for each in found[model]])
            span = f" ({values.min():.1f} to {values.max():.1f})" if len(values) > 1 else ""
            cells.append(f"{values.mean():.1f}{span}")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def teach(spec: str, folder: Path, data: Path, epochs: str) -> str:
    """Return the teacher for `tfkd distill`: an encoder is fine-tuned first."""
    from tfkd.cli import main

    if not spec.startswith("hf:"):
        return spec
    files = [flag for part in ("validation", "test") for flag in (f"--{part}", data / part)]
    files = [str(each) + ("" if str(each).startswith("--") else ".jsonl") for each in files]
    command = ["teach", str(data / "train.jsonl"), *files, *TEACHING]
    if code := main([*command, "--epochs", epochs, "--teacher", spec, "--to", str(folder)]):
        raise SystemExit(code)
    return f"keras:{folder}"


def measure(given: argparse.Namespace, way: str, parts: dict[str, list[dict]]) -> dict:
    """Return the measures of each model, a list over the seeds, for one way."""
    data = given.to / f"data-{way}"
    write(parts, data, way)
    specs = dict(each.split("=", 1) for each in given.teacher if each.startswith(f"{way}="))
    spec = specs.get(way) or next(each for each in given.teacher if "=" not in each)
    teacher = teach(spec, given.to / f"teacher-{way}", data, given.teacher_epochs)
    flags = [
        *(str(data / "train.jsonl"), "--validation", str(data / "validation.jsonl")),
        *("--test", str(data / "test.jsonl"), *STUDENT, "--teacher", teacher),
        *("--teacher-max-length", "32", "--store", str(given.to / f"store-{way}")),
        *("--epochs", given.epochs),
    ]
    rows = {part: parts[part] for part in ("validation", "test")}
    found: dict[str, list[dict]] = {}
    asked: dict[str, dict] = {part: {} for part in rows}
    for seed in given.seeds:
        folder = given.to / f"{way}-{seed}"
        runs.run(flags, seed, folder)
        answers = {
            part: ask(folder, [row["text"] for row in rows[part]], asked[part]) for part in rows
        }
        asked = {part: {"teacher": answers[part]["teacher"]} for part in rows}
        for model in answers["test"]:
            of_model = {part: answers[part][model] for part in rows}
            found.setdefault(model, []).append(score(of_model, rows))
    return {"models": found, "teacher": spec.partition(":")[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=WAYS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--teacher", nargs="+", required=True, help="hf:FOLDER, or WAY=KIND:PATH")
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True, help="the results, as JSON")
    parser.add_argument("--ways", nargs="+", help="some of the ways, by default all")
    parser.add_argument("--epochs", default="20", help="of the students")
    parser.add_argument("--teacher-epochs", default="8", help="of an encoder that is fine-tuned")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--most", type=int, default=10**9, help="rows of a split, for a trial")
    given = parser.parse_args()
    parts = split(given.name, given.data, given.most)
    ways = given.ways or WAYS[given.name]
    found = {way: measure(given, way, parts) for way in ways}
    environment = json.loads(
        (given.to / f"{ways[0]}-{given.seeds[0]}" / "environment.json").read_text()
    )
    facts = {
        "data": given.name,
        "texts": {part: len(rows) for part, rows in parts.items()},
        "seeds": given.seeds,
        "epochs": given.epochs,
        "environment": environment,
        "ways": found,
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    for way in ways:
        print(f"\n{way}\n\n" + "\n".join(table(found[way]["models"])))


if __name__ == "__main__":
    main()
