"""Every recipe beside Hinton's and beside no teacher, for the same student, over several seeds.

    python -m benchmarks.recipes sst2.jsonl --teacher keras:runs/sst2-teacher --test test.jsonl \\
        --to runs/recipes --out benchmarks/results/sst2_recipes.json

`data` and the flags behind it are those of `tfkd distill`; all runs share one store. Hinton's and
the student alone train for as many epochs as all stages of the recipe together. Scored are the
Keras models on the test texts. What has been run already is read from its folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

RECIPES = ("distilbert", "pkd", "tinybert", "minilm", "tang-bilstm")
OF_STUDENT = ("student", "max_length", "batch_size")
COLUMNS = ("alone", "hinton", "recipe")


def runs(recipe: str, seed: int) -> dict[str, tuple[str, dict]]:
    """By column: a name that runs of the same kind share, and the settings."""
    from tfkd.running import recipes

    own = recipes.settings(recipe)
    epochs = sum(each["epochs"] for each in own.get("stage", [own]))
    plain = {name: own[name] for name in OF_STUDENT if name in own} | {"epochs": epochs}
    title = f"{own['student'].replace(':', '-')}-{epochs}-epochs"
    alone = {**plain, "objective": [{"loss": "HardLabels", "weight": 1.0}]}
    return {
        "alone": (f"alone-{title}-{seed}", alone),
        "hinton": (f"hinton-{title}-{seed}", {**plain, **recipes.settings("hinton")}),
        "recipe": (f"{recipe}-{seed}", own),
    }


def accuracy(settings: dict, folder: Path, model: str = "distilled") -> float:
    """Of the trained student on the test texts, or of the teacher."""
    from tfkd.progress import log_progress
    from tfkd.reporting.scoring import stored_run
    from tfkd.running.config import make_config
    from tfkd.running.folder import write_json
    from tfkd.running.measuring import answer_encoded, open_test_set
    from tfkd.running.phases import begin, prepare
    from tfkd.running.student import load_student
    from tfkd.running.student_training import train_students
    from tfkd.running.teacher import prepare_teacher

    found = folder / f"score-{model}.json"
    if not found.is_file():
        config = make_config({**settings, "alone": False, "to": str(folder)})
        context, given = begin(config, log_progress)
        given, texts = prepare(context, given)
        teacher = prepare_teacher(context, texts, given.teacher)
        train_students(context, texts, teacher, given.shrunk)
        test, encoded = open_test_set(context.task, context.data), texts.encode("test")
        if model == "teacher":
            rows, outputs = teacher.outputs("test").rows_and_outputs()
            answers = test.answer(stored_run(outputs), rows)
        else:
            student = load_student(context, texts.encoder)
            answers = answer_encoded(test, student, encoded, model, context.progress)
        write_json(found, test.task.score(answers, test.examples))
        context.remove_work()
    return json.loads(found.read_text())["accuracy"]


def measure(common: dict, to: Path, names, seeds) -> dict:
    """`{recipe: {"alone": [...], "hinton": [...], "recipe": [...]}}`, a number for each seed."""
    found: dict = {name: {column: [] for column in COLUMNS} for name in names}
    for seed in seeds:
        for recipe in names:
            for column, (title, settings) in runs(recipe, seed).items():
                given = {**common, **settings, "seed": seed}
                found[recipe][column].append(accuracy(given, to / title))
                if "teacher" not in found:
                    found["teacher"] = accuracy(given, to / title, "teacher")
                print("\n".join(table(found)), flush=True)
    return found


def table(found: dict):
    """The lines of the table, as Markdown: the mean over the seeds, and the range."""
    yield "| recipe | alone | hinton | recipe |"
    yield "| --- | ---: | ---: | ---: |"
    for recipe, columns in found.items():
        if isinstance(columns, dict):
            yield f"| {recipe} | {' | '.join(map(_cell, columns.values()))} |"


def _cell(values) -> str:
    if not values:
        return ""
    values = 100 * np.array(values)
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


def main() -> None:
    """Run all that has not been run, and write the table's numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    names = ("teacher", "test", "validation", "unlabelled", "store")
    for name in names:
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    common = {"data": given.data, **{name: getattr(given, name) for name in names}}

    from tfkd.running.folder import describe_environment

    found = measure(common, given.to, given.recipes, given.seeds)
    facts = {"seeds": given.seeds, "environment": describe_environment(), "accuracy": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
