"""The stages of a distillation: each with its objective, epochs, rate and frozen layers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from .. import tasks
from ..data import Schema
from ..errors import UserError
from ..losses._base import Objective
from ..losses._heads import is_logits, name_in_head
from ..losses.for_head import ForHead
from ..losses.hard_labels import HardLabels
from ..models.freezing import TrainableFlags, freeze
from .config import RunConfig
from .config_checks import typed_value
from .optimizers import OptimizerPlan


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

    @property
    def learns_answers(self) -> bool:
        """Whether a loss reads what the student answers by, so that its answers get better."""
        reads = self.objective.student_reads
        return tasks.EMBEDDING in reads or any(map(is_logits, reads))

    def freeze(self, student: Any) -> None:
        """Freeze the layers of a Keras model that this stage does not train.

        Raises:
            UserError: A name that no layer has, or nothing left to train.
        """
        try:
            freeze(student, self.frozen)
        except UserError as error:
            raise UserError(f"stage {self.name!r}: {error}") from None


def check_frozen(stages: Iterable[Stage], student: Any) -> None:
    """Refuse stages that freeze layers which a student does not have, or all of them.

    Raises:
        UserError: The first of them.
    """
    flags = TrainableFlags(student)
    for stage in stages:
        stage.freeze(student)
        flags.restore()


def name_folders(stages: list[Stage]) -> list[str]:
    """Return the name of each stage's folder in a run."""
    if len(stages) == 1:
        return [stages[0].name]
    plain = (re.sub(r"\W+", "-", stage.name) for stage in stages)
    return [f"stage-{number}-{name}" for number, name in enumerate(plain, 1)]


def read_stages(config: RunConfig, schema: Schema | None = None) -> list[Stage]:
    """Return the stages that a config names, or the one of its objective.

    Args:
        config: The settings of the run.
        schema: What the training split fixed, where that is known.

    Raises:
        UserError: An unknown setting of a stage, or a loss that does not exist.
    """
    if not config.training.stage:
        return [Stage("distilled", read_objective(config, schema), frozen=read_names(config))]
    return [
        _read_stage(dict(table), number, config, schema)
        for number, table in enumerate(config.training.stage, 1)
    ]


def read_names(config: RunConfig) -> tuple[str, ...]:
    """Return the names of the layers that the settings freeze in every stage that names none."""
    return tuple(name.strip() for name in config.training.freeze.split(",") if name.strip())


def read_optimizer(config: RunConfig) -> OptimizerPlan:
    """Return what updates the weights of a student, or of a teacher that `tfkd teach` trains."""
    training = config.training
    return OptimizerPlan(
        training.optimizer,
        training.weight_decay,
        training.clip,
        training.schedule,
        training.warmup,
    )


def read_objective(config: RunConfig, schema: Schema | None = None) -> Objective:
    """Return the losses that are written out, or the objective of the task.

    Args:
        config: The settings of the run.
        schema: What the training split fixed, where that is known.
    """
    task = tasks.find(config.task.name, config.task_settings)
    if config.training.objective:
        return _read_losses(config.training.objective, task)
    training = config.training
    return task.objective(
        temperature=training.temperature, soft_weight=training.soft_weight, schema=schema
    )


def _read_stage(
    table: dict[str, Any], number: int, config: RunConfig, schema: Schema | None
) -> Stage:
    known = [setting.name for setting in fields(Stage)]
    unknown = [name for name in table if name not in known]
    if unknown:
        raise UserError(f"stage {number} has a setting {unknown[0]!r}: write {', '.join(known)}.")
    terms = table.pop("objective", None)
    task = tasks.find(config.task.name, config.task_settings)
    objective = _read_losses(terms, task) if terms else read_objective(config, schema)
    title = f"stage {number}"
    frozen = table.get("frozen", list(read_names(config)))
    if not isinstance(frozen, list) or not all(isinstance(name, str) for name in frozen):
        raise UserError(
            f'{title}: frozen is {frozen!r}: write a list of names, e.g. frozen = ["embeddings"].'
        )
    epochs = typed_value(f"{title}: epochs", table.get("epochs", 0), int)
    rate = typed_value(f"{title}: learning_rate", table.get("learning_rate", 0.0), float)
    for name, value in (("epochs", epochs), ("learning_rate", rate)):
        if not (math.isfinite(value) and value >= 0):
            raise UserError(f"{title}: {name} is {value}: write 0 or more.")
    return Stage(str(table.get("name", number)), objective, epochs, rate, tuple(frozen))


def _read_losses(terms: Any, task: tasks.Task) -> Objective:
    """Return losses that are written out; those on logits have the task's form by default."""
    if not isinstance(terms, list) or not all(isinstance(term, dict) for term in terms):
        raise UserError(
            f"the objective is {terms!r}: write a list of tables, e.g. "
            'objective = [{loss = "Hint", weight = 1.0}].'
        )
    if not task.heads:
        return Objective.from_config({"terms": terms}, form=task.form)
    forms = {head: task.form_of(name_in_head(head, "logits")) for head in task.heads}
    return _with_all_heads(Objective.from_config({"terms": terms}, form=forms), forms)


def _with_all_heads(objective: Objective, forms: dict[str, str]) -> Objective:
    """Return losses of which each is on a head, or on hidden layers; other heads weigh 0.

    Args:
        objective: The losses.
        forms: What the logits of each head are.

    Raises:
        UserError: A loss on logits without a head, or on one that is not there.
    """
    heads = [getattr(loss, "head", "") for _, loss in objective.terms]
    for head, (_, loss) in zip(heads, objective.terms, strict=True):
        if head not in forms and (head or "logits" in loss.student_reads):
            raise UserError(
                f"the loss {loss.log_name} is on {f'the head {head!r}' if head else 'no head'}: "
                f'write head = "NAME", one of {", ".join(forms)}.'
            )
    for head, form in forms.items():
        if head not in heads:
            objective = objective + 0.0 * ForHead(head, HardLabels(form=form))
    return objective
