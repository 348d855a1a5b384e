"""What a run will do, told before it is done."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import Any

from .. import students
from ..losses._base import Objective
from ..models.text_model import TextModel
from ..progress import format_count, logger
from ..tasks import Task
from ..teachers import FittedTeacher
from . import callbacks
from .aligned_classes import describe_other_names
from .config import RunConfig
from .context import RunContext
from .fitting import TrainingPlan, choose_epochs
from .labelled_files import notes_on_labels
from .made_notes import notes_on_made
from .stages import ALONE, Stage, read_names, read_optimizer, read_stages, with_tuning
from .targets import store_folder
from .tensorboard import check_tensorboard


def check_callbacks(config: RunConfig) -> None:
    """Refuse callbacks that cannot be made, before anything is computed.

    Raises:
        UserError: An import path that leads nowhere, or TensorBoard that is not installed.
    """
    callbacks.load_callbacks(config.training.callbacks)
    if config.training.tensorboard:
        check_tensorboard()


def live_reads(config: RunConfig, task: Task) -> Set[str]:
    """Return what losses read of the teacher in addition to the outputs that the task names.

    Only these are stored, so for the others the teacher runs in every step.
    """
    reads = {name for stage in read_stages(config) for name in stage.objective.reads}
    return reads - set(task.outputs)


def trains_on_stored(config: RunConfig, task: Task) -> bool:
    """Return whether the student learns from stored outputs only, and no teacher has to run."""
    return config.teacher.cache and not live_reads(config, task)


def plan_training(config: RunConfig, texts: int, stage: Stage | None = None) -> TrainingPlan:
    """Return steps, epochs and learning rates of a stage.

    Args:
        config: The settings of the run.
        texts: The number of texts to distil on.
        stage: The stage; without one, all stages of the distillation together.
    """
    steps = -(-texts // config.training.batch_size)
    optimizer = read_optimizer(config)
    rate = config.training.learning_rate or optimizer.choose_rate(
        students.rate_of(config.student.source)
    )
    plan = TrainingPlan(steps, 0, rate, config.training.projection_rate or None, optimizer)
    if stage is None:
        epochs = sum(plan_training(config, texts, each).epochs for each in read_stages(config))
        return replace(plan, epochs=epochs)
    epochs = stage.epochs or -(-choose_epochs(steps, config.training.epochs) // stage.divided_by)
    share = 1.0 if stage.part is None else stage.part.rate
    return replace(plan, epochs=epochs, learning_rate=(stage.learning_rate or rate) * share)


def plan_alone(config: RunConfig, texts: int, objective: Objective) -> list[Stage]:
    """Return the stages of the student that is trained alone.

    It is trained for as many steps as all stages of the distillation take together, and made
    smaller where that one is.

    Args:
        config: The settings of the run.
        texts: The number of texts to distil on.
        objective: What it learns from.
    """
    frozen = read_names(config) if not config.training.stage else ()
    stages: list[Stage] = []
    for stage in read_stages(config):
        epochs = plan_training(config, texts, stage).epochs
        if stage.part is not None:
            own = replace(stage, objective=objective, epochs=epochs, frozen=frozen)
            stages.append(own)
        elif stages:
            stages[-1] = replace(stages[-1], epochs=stages[-1].epochs + epochs)
        else:
            plain = Stage(ALONE, objective, epochs)
            stages.append(plain if config.training.stage else with_tuning(plain, config))
    return stages


def notes_on_data(context: RunContext, teacher: TextModel | None) -> list[str]:
    """Return what a reader of the scores must know of the data.

    Args:
        context: The context of the run.
        teacher: The given teacher, whose class names may differ; None where the run trains one.
    """
    notes = []
    if context.data.synthetic:
        notes.append("The texts are synthetic: the scores say nothing about real texts.")
    if teacher is not None:
        notes += describe_other_names(teacher, context.data.labels)
        notes += [teacher.note] if isinstance(teacher, FittedTeacher) else []
    source = context.config.data.source
    return [*notes, *notes_on_made(source), *notes_on_labels(source)]


def report_data(context: RunContext) -> None:
    """Say what data and which teacher the run begins with."""
    data = context.data
    synthetic = " (synthetic texts, written by a program)" if data.synthetic else ""
    splits = ", ".join(f"{name} {count:,}" for name, count in data.counts.items())
    described = context.task.describe_schema(data.schema)
    reason = f" ({context.task_reason})" if context.task_reason else ""
    logger.info(f"task      {context.task.name}{reason}")
    logger.info(f"data      {data.name}{synthetic}: {splits}; {described}")
    logger.info(f"teacher   {context.config.teacher.source}")


def report_plan(context: RunContext, student: Any, plan: TrainingPlan, notes: list[str]) -> None:
    """Say what will be trained, for how long, and where everything goes.

    Args:
        context: The context of the run.
        student: The untrained Keras model.
        plan: Of all stages together.
        notes: What a reader of the scores must know of the data.
    """
    config = context.config
    at_most = "at most " if config.training.patience else ""
    replicas = context.strategy.num_replicas_in_sync
    objective = context.task.objective_alone(context.data.schema)
    alone = config.training.alone and objective is not None
    logger.info(f"student   {config.student.source}: {student.count_params():,} parameters")
    logger.info(
        f"training  {at_most}{format_count(plan.epochs, 'epochs')} of "
        f"{format_count(plan.steps, 'steps')} "
        f"of {format_count(config.training.batch_size, 'examples')}"
        + (f", split over {replicas} replicas" if replicas > 1 else "")
        + (", then the same number of steps alone" if alone else "")
    )
    texts = plan.steps * config.training.batch_size
    for stage in read_stages(config):
        if stage.part is not None:
            epochs = plan_training(config, texts, stage).epochs
            logger.info(
                f"smaller   {stage.name}, healed by {format_count(epochs, 'epochs')} of them"
            )
    if config.training.alone and not alone:
        logger.info("alone     not trained: the texts say nothing without a teacher")
    logger.info(f"written   {context.folder}")
    logger.info(f"targets   {_targets_line(context)}")
    if config.data.labelled:
        logger.info(f"labels    {config.data.labelled:,} for the student, the rest as texts only")
    for note in notes:
        logger.info(note)


def _targets_line(context: RunContext) -> str:
    if not context.config.teacher.cache:
        return "none are stored to train on: the teacher runs in every step"
    if live := live_reads(context.config, context.task):
        return f"the teacher runs in every step for {', '.join(sorted(live))}"
    return f"{store_folder(context)}: the teacher's outputs, computed once"
