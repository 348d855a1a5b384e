"""The stages of a distillation: each with its objective, epochs, rate, and what goes before it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from .. import tasks
from ..compression import Compression, parse
from ..data import Schema
from ..errors import UserError
from ..losses._base import Objective
from ..losses._heads import is_logits
from ..models.freezing import has_layer
from ..models.tuning import Tuning, slow_lower_layers, tune
from ..models.weight_rules import WeightRule
from .config import RunConfig
from .config_checks import as_texts, typed_value
from .optimizers import OptimizerPlan
from .perturbation import CLEAN, Perturbation, parse_perturbation
from .stage_tuning import check_compressed, read_tuning
from .written_objective import read_losses

ALONE = "alone"
_KNOWN = (
    "name",
    "objective",
    "epochs",
    "learning_rate",
    "frozen",
    "compress",
    "tune",
    "layer_decay",
    "perturb",
)
"""The settings of a stage in TOML."""


@dataclass(frozen=True)
class Stage:
    """One training of the student; what is 0 or empty is as the run's own.

    Attributes:
        name: Its name, for the folder and the progress.
        objective: What is minimised.
        epochs: Passes over the texts.
        learning_rate: The highest rate.
        frozen: Names of layers, or their beginnings, that are not trained.
        part: What makes the student smaller before it is trained.
        divided_by: The run's epochs are divided by it, where the stage has none of its own.
        tune: Which weights are trained, see `tfkd.models.tuning`; empty for all.
        layer_decay: The share of the rate above it that each block has.
        perturbation: What is done to the texts, or their embeddings, while it learns.
    """

    name: str
    objective: Objective
    epochs: int = 0
    learning_rate: float = 0.0
    frozen: tuple[str, ...] = ()
    part: Compression | None = None
    divided_by: int = 1
    tune: str = ""
    layer_decay: float = 1.0
    perturbation: Perturbation = CLEAN

    @property
    def learns_answers(self) -> bool:
        """Whether a loss reads what the student answers by, so that its answers get better."""
        return any(map(_is_answer, self.objective.student_reads))

    @property
    def on_answers(self) -> Objective:
        """The losses on answers alone, where there are any.

        Those on hidden layers have projections, of which nothing is learnt before a training.
        """
        if not self.learns_answers:
            return self.objective
        terms = [t for t in self.objective.terms if all(map(_is_answer, t[1].student_reads))]
        found = Objective(tuple(terms), self.objective.average)
        return found if found.named() else self.objective

    def begin(self, student: Any, *, seed: int = 0, compressed: bool = False) -> Tuning:
        """Freeze what this stage does not train of a Keras model, or add what it trains.

        Args:
            student: The model.
            seed: Of weights that are added.
            compressed: Whether some of its layers may be gone.

        Raises:
            UserError: A name that no layer has, a way of tuning that is not for this model, or
                nothing left to train.
        """
        names = [name for name in self.frozen if not compressed or has_layer(student, name)]
        try:
            return tune(student, self.tune, frozen=names, seed=seed)
        except UserError as error:
            raise UserError(f"stage {self.name!r}: {error}") from None

    def slow_down(self, student: Any) -> list[WeightRule]:
        """Return what slows the lower blocks of a model down, given its flags of this stage.

        Raises:
            UserError: A model without blocks.
        """
        return list(slow_lower_layers(student, self.layer_decay))


def check_frozen(stages: Iterable[Stage], student: Any) -> None:
    """Refuse stages that train what a student does not have, or nothing of it.

    Raises:
        UserError: The first of them.
    """
    for stage in stages:
        stage.perturbation.check_student(student, stage.objective)
        tuning = stage.begin(student)
        stage.slow_down(tuning.model)
        student = tuning.finish()


def name_folders(stages: list[Stage]) -> list[str]:
    """Return the name of each stage's folder in a run."""
    if len(stages) == 1:
        return [stages[0].name]
    return [f"stage-{number}-{_plain(stage.name)}" for number, stage in enumerate(stages, 1)]


def name_folders_alone(stages: list[Stage]) -> list[str]:
    """Return the folders of the student that is trained alone, given stages of either student."""
    first = [] if stages[0].part is not None else [ALONE]
    parts = [stage for stage in stages if stage.part is not None]
    return first + [
        f"{ALONE}-{number}-{_plain(stage.name)}"
        for number, stage in enumerate(parts, 1 + len(first))
    ]


def _is_answer(name: str) -> bool:
    return name == tasks.EMBEDDING or is_logits(name)


def _plain(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def read_stages(config: RunConfig, schema: Schema | None = None) -> list[Stage]:
    """Return the stages that a config names, or the one of its objective.

    Args:
        config: The settings of the run.
        schema: What the training split fixed, where that is known.

    Raises:
        UserError: An unknown setting of a stage, or a loss or a compression that does not exist.
    """
    stages = [
        stage
        for number, table in enumerate(config.training.stage, 1)
        for stage in _read_stage(dict(table), number, config, schema)
    ] or [with_tuning(Stage("distilled", read_objective(config, schema)), config)]
    check_compressed(config.training.stage)
    # What heals a compression is what taught the student to answer.
    teaching = next((each for each in reversed(stages) if each.learns_answers), stages[-1])
    for spec in config.student.compress:
        stages += _compress(replace(teaching, name=spec, epochs=0), spec, config)
    smaller = next((n for n, stage in enumerate(stages) if stage.part is not None), len(stages))
    stages[smaller:] = [replace(each, tune="", layer_decay=1.0) for each in stages[smaller:]]
    for stage, later in pairwise(stages):
        if stage.part is not None and stage.part.final:
            raise UserError(
                f"compress has {stage.name}, and {later.name} after it would undo it: write "
                f"{stage.name} last."
            )
    return stages


def with_tuning(stage: Stage, config: RunConfig) -> Stage:
    """Return the only stage of a training, with what the settings freeze and tune in all."""
    training = config.training
    return replace(
        stage,
        frozen=read_names(config),
        tune=training.tune,
        layer_decay=training.layer_decay,
        perturbation=parse_perturbation(training.perturb),
    )


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
        return read_losses(config.training.objective, task)
    training = config.training
    return task.objective(
        temperature=training.temperature, soft_weight=training.soft_weight, schema=schema
    )


def _compress(stage: Stage, spec: str, config: RunConfig) -> list[Stage]:
    """Return a stage for each step of a compression, which heals it."""
    parts = parse(spec).parts()
    names = [f"{stage.name} {number} of {len(parts)}" for number in range(1, len(parts) + 1)]
    epochs = stage.epochs or config.student.compress_epochs
    return [
        replace(
            stage,
            name=name if len(parts) > 1 else stage.name,
            epochs=epochs,
            part=part,
            divided_by=2 * len(parts),
        )
        for name, part in zip(names, parts, strict=True)
    ]


def _read_stage(
    table: dict[str, Any], number: int, config: RunConfig, schema: Schema | None
) -> list[Stage]:
    unknown = [name for name in table if name not in _KNOWN]
    if unknown:
        raise UserError(f"stage {number} has a setting {unknown[0]!r}: write {', '.join(_KNOWN)}.")
    terms = table.pop("objective", None)
    task = tasks.find(config.task.name, config.task_settings)
    objective = read_losses(terms, task) if terms else read_objective(config, schema)
    title = f"stage {number}"
    frozen = table.get("frozen", [] if table.get("tune") else list(read_names(config)))
    if not isinstance(frozen, list) or not all(isinstance(name, str) for name in frozen):
        raise UserError(
            f'{title}: frozen is {frozen!r}: write a list of names, e.g. frozen = ["embeddings"].'
        )
    epochs = typed_value(f"{title}: epochs", table.get("epochs", 0), int)
    rate = typed_value(f"{title}: learning_rate", table.get("learning_rate", 0.0), float)
    for name, value in (("epochs", epochs), ("learning_rate", rate)):
        if not (math.isfinite(value) and value >= 0):
            raise UserError(f"{title}: {name} is {value}: write 0 or more.")
    name, (way, decay) = table.get("name", number), read_tuning(table, config.training, title)
    specs = as_texts(f"{title}: perturb", table.get("perturb", config.training.perturb), "typos")
    stage = Stage(
        str(name),
        objective,
        epochs,
        rate,
        tuple(frozen),
        tune=way,
        layer_decay=decay,
        perturbation=parse_perturbation(specs, title),
    )
    if "compress" not in table:
        return [stage]
    spec = typed_value(f"{title}: compress", table["compress"], str)
    return _compress(replace(stage, name=str(table.get("name", spec))), spec, config)
