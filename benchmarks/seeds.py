"""Train the student of a finished run again with other seeds, distilled and alone.

    python benchmarks/seeds.py runs/imdb --seeds 0 1 2 --out benchmarks/results/imdb_seeds.json

The texts, the vocabulary and the teacher's logits are the run's own; initial weights, dropout and
the order of the batches change with the seed. Accuracy is on all test texts, of the Keras models.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np

from tfkd.console import Voice
from tfkd.running._run import opened
from tfkd.running.folder import environment
from tfkd.running.measuring import answer_encoded, open_test_set


def test_scores(run, name: str) -> dict:
    """Scores of a model of the run on its test texts."""
    test, model = open_test_set(run.task, run.data), run.model(name)
    answers = answer_encoded(test, model, run.encoded("test"), name, run.voice)
    return test.task.score(answers, test.examples)


def with_seed(run, seed: int) -> dict:
    """Both trainings of one seed, in a folder that goes away."""
    run.config = dataclasses.replace(run.config, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        run.folder = Path(folder)
        run.train()
        return {name: test_scores(run, file) for name, file in NAMES.items()}


NAMES = {"distilled": "student", "alone": "alone"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    run = opened(given.run, Voice())
    targets, _ = run.targets("transfer"), run.encoder
    run.targets = lambda split: targets
    found = {str(seed): with_seed(run, seed) for seed in given.seeds}
    facts = {"run": given.run.name, "environment": environment(), "seeds": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    for name in NAMES:
        values = [100 * found[seed][name]["accuracy"] for seed in found]
        print(f"{name}: {np.mean(values):.2f} % ({', '.join(f'{v:.2f}' for v in values)})")


if __name__ == "__main__":
    main()
