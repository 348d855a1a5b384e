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

from tfkd.progress import log_progress
from tfkd.running.context import RunContext, open_run
from tfkd.running.encoders import open_encoder
from tfkd.running.folder import describe_environment
from tfkd.running.given_teacher import load_given
from tfkd.running.measuring import answer_encoded, open_test_set
from tfkd.running.stored_outputs import Targets
from tfkd.running.student import load_student
from tfkd.running.student_training import train_students
from tfkd.running.teacher import RunTeacher, open_teacher
from tfkd.running.texts import RunTexts


@dataclasses.dataclass(frozen=True)
class StoredTeacher(RunTeacher):
    """The teacher of a run, whose outputs for all texts to distil on are in memory."""

    transfer: Targets

    def targets(self, split: str) -> Targets:
        """Return the outputs that are in memory."""
        return self.transfer


def test_scores(context: RunContext, texts: RunTexts, name: str) -> dict:
    """Return the scores of a student on the test texts."""
    test = open_test_set(context.task, context.data)
    model, encoded = load_student(context, texts.encoder, name), texts.encode("test")
    answers = answer_encoded(test, model, encoded, name, context.progress)
    return test.task.score(answers, test.examples)


def with_seed(teacher: StoredTeacher, seed: int) -> dict:
    """Train both students with a seed, in a folder that goes away, and return their scores."""
    config = teacher.context.config.replaced(seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        context = dataclasses.replace(teacher.context, config=config, folder=Path(folder))
        shrunk = load_given(teacher.context).shrunk
        train_students(context, teacher.texts, teacher, shrunk)
        return {name: test_scores(context, teacher.texts, file) for name, file in NAMES.items()}


NAMES = {"distilled": "student", "alone": "alone"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    context = open_run(given.run, log_progress)
    texts = RunTexts(context, open_encoder(context))
    teacher = open_teacher(context, texts)
    teacher = StoredTeacher(
        context, texts, teacher.model, teacher.store, teacher.targets("transfer")
    )
    found = {str(seed): with_seed(teacher, seed) for seed in given.seeds}
    facts = {"run": given.run.name, "environment": describe_environment(), "seeds": found}
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    for name in NAMES:
        values = [100 * found[seed][name]["accuracy"] for seed in found]
        print(f"{name}: {np.mean(values):.2f} % ({', '.join(f'{v:.2f}' for v in values)})")


if __name__ == "__main__":
    main()
