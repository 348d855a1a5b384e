"""The stages of a distillation: each with its objective, epochs, rate and frozen layers."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from .. import tasks
from ..errors import UserError
from ..losses._base import Objective
from ..models.keras_internals import list_layers
from .config import RunConfig


@dataclass(frozen=True)
class Stage:
    """One training of the student; what is 0 or empty is as the run's own.

    Attributes:
        name: Its name, for the folder and the progress.
        objective: What is minimised.
        epochs: Passes over the texts.
        learning_rate: The highest rate.
        frozen: Names of layers, or their beginnings, that are not trained.
    """

    name: str
    objective: Objective
    epochs: int = 0
    learning_rate: float = 0.0
    frozen: tuple[str, ...] = ()

    def freeze(self, student: Any) -> None:
        """Make all layers of a Keras model trainable but the frozen ones.

        Raises:
            UserError: A name that no layer has.
        """
        layers = list_layers(student, recursive=True)
        for start in self.frozen:
            if not any(layer.name.startswith(start) for layer in layers):
                names = ", ".join(dict.fromkeys(layer.name for layer in layers if layer.weights))
                raise UserError(
                    f"stage {self.name!r} freezes {start!r} and the student has no such layer: it "
                    f"has {names[:300]}."
                )
        student.trainable = True
        for layer in layers:
            if layer.name.startswith(self.frozen) and self.frozen:
                layer.trainable = False


def name_folders(stages: list[Stage]) -> list[str]:
    """Return the name of each stage's folder in a run."""
    if len(stages) == 1:
        return [stages[0].name]
    plain = (re.sub(r"\W+", "-", stage.name) for stage in stages)
    return [f"stage-{number}-{name}" for number, name in enumerate(plain, 1)]


def read_stages(config: RunConfig) -> list[Stage]:
    """Return the stages that a config names, or the one of its objective.

    Raises:
        UserError: An unknown setting of a stage, or a loss that does not exist.
    """
    if not config.training.stage:
        return [Stage("distilled", read_objective(config))]
    return [
        _read_stage(dict(table), number, config)
        for number, table in enumerate(config.training.stage, 1)
    ]


def read_objective(config: RunConfig) -> Objective:
    """Return the losses that are written out, or the objective of the task."""
    if config.training.objective:
        return _read_losses(config.training.objective)
    training = config.training
    task = tasks.find(config.task.name, config.task_settings)
    return task.objective(temperature=training.temperature, soft_weight=training.soft_weight)


def _read_stage(table: dict[str, Any], number: int, config: RunConfig) -> Stage:
    known = [setting.name for setting in fields(Stage)]
    unknown = [name for name in table if name not in known]
    if unknown:
        raise UserError(f"stage {number} has a setting {unknown[0]!r}: write {', '.join(known)}.")
    terms = table.pop("objective", None)
    objective = _read_losses(terms) if terms else read_objective(config)
    return Stage(
        name=str(table.get("name", number)),
        objective=objective,
        epochs=int(table.get("epochs", 0)),
        learning_rate=float(table.get("learning_rate", 0.0)),
        frozen=tuple(table.get("frozen", ())),
    )


def _read_losses(terms: Any) -> Objective:
    if not isinstance(terms, list) or not all(isinstance(term, dict) for term in terms):
        raise UserError(
            f"the objective is {terms!r}: write a list of tables, e.g. "
            'objective = [{loss = "Hint", weight = 1.0}].'
        )
    return Objective.from_config({"terms": terms})
