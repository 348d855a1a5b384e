"""The stages of a distillation: each with its objective, epochs, rate and frozen layers."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from .. import tasks
from ..errors import UserError
from ..losses._base import Objective
from .config import RunConfig


@dataclass(frozen=True)
class Stage:
    """One training of the student; what is 0 or empty is as the run's own."""

    name: str
    objective: Objective
    epochs: int = 0
    learning_rate: float = 0.0
    frozen: tuple[str, ...] = ()

    def freeze(self, student) -> None:
        """Train all layers but those that are frozen, by name or the beginning of one.

        Raises:
            UserError: a name that no layer has.
        """
        layers = list(student._flatten_layers(recursive=True, include_self=False))
        for start in self.frozen:
            if not any(layer.name.startswith(start) for layer in layers):
                names = ", ".join(dict.fromkeys(each.name for each in layers if each.weights))
                raise UserError(
                    f"stage {self.name!r} freezes {start!r} and the student has no such layer: it "
                    f"has {names[:300]}."
                )
        student.trainable = True
        for layer in layers:
            if layer.name.startswith(self.frozen) and self.frozen:
                layer.trainable = False


def name_folders(stages: list[Stage]) -> list[str]:
    """The name of each stage's folder in a run."""
    if len(stages) == 1:
        return [stages[0].name]
    plain = (re.sub(r"\W+", "-", stage.name) for stage in stages)
    return [f"stage-{number}-{name}" for number, name in enumerate(plain, 1)]


def read_stages(config: RunConfig) -> list[Stage]:
    """The stages that a config names, or the one of its objective.

    Raises:
        UserError: an unknown setting of a stage, a loss that there is not.
    """
    if not config.training.stage:
        return [Stage("distilled", read_objective(config))]
    return [
        _read(dict(each), number, config) for number, each in enumerate(config.training.stage, 1)
    ]


def read_objective(config: RunConfig) -> Objective:
    """Return the losses that are written out, or the objective of the task."""
    if config.training.objective:
        return _objective(config.training.objective)
    training = config.training
    task = tasks.find(config.task.name, config.task_settings)
    return task.objective(temperature=training.temperature, soft_weight=training.soft_weight)


def _read(given: dict[str, Any], number: int, config: RunConfig) -> Stage:
    known = [each.name for each in fields(Stage)]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise UserError(f"stage {number} has a setting {unknown[0]!r}: write {', '.join(known)}.")
    terms = given.pop("objective", None)
    objective = _objective(terms) if terms else read_objective(config)
    return Stage(
        name=str(given.get("name", number)),
        objective=objective,
        epochs=int(given.get("epochs", 0)),
        learning_rate=float(given.get("learning_rate", 0.0)),
        frozen=tuple(given.get("frozen", ())),
    )


def _objective(terms) -> Objective:
    if not isinstance(terms, list) or not all(isinstance(each, dict) for each in terms):
        raise UserError(
            f"the objective is {terms!r}: write a list of tables, e.g. "
            'objective = [{loss = "Hint", weight = 1.0}].'
        )
    return Objective.from_config({"terms": terms})
