"""Every recipe beside Hinton's and beside no teacher, for the same student, over several seeds.

    python -m benchmarks.recipes sst2 --teacher keras:runs/sst2-teacher --test sst2/test.jsonl.gz \
        --to runs/recipes --out benchmarks/results/sst2_recipes.json

`data` and the flags behind it are those of `tfkd distill`; all runs share one store. The accuracy
is of the Keras models on the test texts. What has been run already is read from its folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

RECIPES = ("tang-bilstm", "distilbert", "pkd", "tinybert", "minilm")
OF_STUDENT = ("student", "max_length", "batch_size")


def runs(recipe: str, epochs: int) -> dict[str, dict]:
    """The settings of a recipe, and of Hinton's for its student and as many epochs."""
    from tfkd import recipes

    own = recipes.settings(recipe)
    plain = {name: own[name] for name in OF_STUDENT if name in own}
    hinton = {**plain, **recipes.settings("hinton"), "epochs": epochs, "alone": False}
    return {recipe: {**own, "alone": True}, f"hinton for {recipe}": hinton}


def epochs_of(recipe: str) -> int:
    """How many epochs all stages of a recipe take."""
    from tfkd import recipes

    own = recipes.settings(recipe)
    return sum(each["epochs"] for each in own["stage"]) if "stage" in own else own["epochs"]


def accuracies(settings: dict, folder: Path) -> dict[str, float]:
    """The accuracies of one run, by row of its report."""
    from tfkd.config import make
    from tfkd.report import load
    from tfkd.run import run

    if not (folder / "report.json").is_file():
        run(make({**settings, "to": str(folder)}))
    return {row.name: row.accuracy for row in load(folder).rows}


def measure(common: dict, to: Path, names, seeds) -> dict:
    """`{recipe: {"alone": [...], "hinton": [...], "recipe": [...]}}`, a number for each seed."""
    found: dict = {}
    for recipe in names:
        found[recipe] = {"alone": [], "hinton": [], "recipe": []}
        for seed in seeds:
            for name, settings in runs(recipe, epochs_of(recipe)).items():
                folder = to / f"{name.replace(' ', '-')}-{seed}"
                rows = accuracies({**common, **settings, "seed": seed}, folder)
                column = "recipe" if name == recipe else "hinton"
                found[recipe][column].append(rows["distilled"])
                if "alone" in rows:
                    found[recipe]["alone"].append(rows["alone"])
                found["teacher"] = rows["teacher"]
    return found


def table(found: dict):
    """The lines of the table, as Markdown: mean and range over the seeds."""
    yield "| recipe | alone | hinton | recipe |"
    yield "| --- | ---: | ---: | ---: |"
    for recipe, columns in found.items():
        if isinstance(columns, dict):
            yield f"| {recipe} | {' | '.join(map(_cell, columns.values()))} |"


def _cell(values) -> str:
    values = 100 * np.array(values)
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


def main() -> None:
    """Run all that has not been run, and write the table's numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    for name in ("teacher", "test", "validation", "unlabelled", "store"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    names = ("data", "teacher", "test", "validation", "unlabelled", "store")
    common = {name: getattr(given, name) for name in names}

    from tfkd.running.folder import environment

    found = measure(common, given.to, given.recipes, given.seeds)
    facts = {"seeds": given.seeds, "environment": environment(), "accuracy": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
