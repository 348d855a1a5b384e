"""Refuse what is wrong with a run before anything is written or trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import students, tasks, teachers, text
from ..errors import UserError
from ..losses._heads import is_logits
from ..models.hugging_face_config import read_config
from ..models.hugging_face_encoders import check_trainable
from ..tasks import Task
from ..text.encoder import MAX_LENGTH
from . import chain, own_teacher
from .baseline_setting import check_baseline
from .compress_setting import check_compress, check_student, compresses
from .config import RunConfig
from .filter_setting import check_filter
from .fitted_teacher import check_fitted
from .lookup_setting import check_lookup
from .perturbation import check_perturbations
from .shrink_setting import check_shrink, shrinks
from .stages import check_frozen, read_optimizer, read_stages
from .start_setting import check_start
from .text_settings import check_text_settings
from .tune_setting import check_teacher_tuning, check_tuning


def check_settings(config: RunConfig, task: Task) -> None:
    """Refuse settings that can be told to be wrong before the data are read.

    Raises:
        UserError: A student, teacher, objective, assistant or baseline that does not exist.
    """
    check_text_settings(config, task)
    if task.form == "regression" and config.teacher.precision != "float32":
        raise UserError(
            f"teacher_precision is {config.teacher.precision}, which is too coarse for numbers: "
            "leave it out."
        )
    _check_data_settings(config, task)
    kind = config.teacher.source.partition(":")[0]
    check_lookup(config, task)
    check_fitted(config, task)
    check_compress(config)
    check_training(config)
    check_perturbations(read_stages(config), task)
    check_filter(config, task)
    if shrinks(config):
        check_shrink(config, task, _list_reads(config))
    else:
        _check_student(config.student.source, config, task)
    check_start(config)
    for assistant in chain.read_assistants(config):
        _check_student(assistant, chain.as_assistant(config), task)
    check_baseline(config, task)
    if own_teacher.fine_tunes(config.teacher.source):
        source = config.teacher.source.removeprefix("train:")
        check_fine_tuning(source, task)
        own = {"freeze": "", "tune": config.teacher.tune, "layer_decay": 1.0, "teacher_tune": ""}
        check_teacher_tuning(config.replaced(teacher=source, **own, stage=[]), task)
    elif kind == "train":
        check_teacher(config, task)
    elif heads := teachers.split_heads(config.teacher.source):
        teachers.check_heads(heads, task.heads)
        for spec in heads.values():
            teachers.check_spec(spec)
    else:
        teachers.check_spec(config.teacher.source)
        teachers.check_writes(config.teacher.source, task)


def _check_data_settings(config: RunConfig, task: Task) -> None:
    """Refuse changes of the texts that the task does not bear."""
    if config.data.labelled and task.features == "causal":
        raise UserError(
            f"labelled is {config.data.labelled}, and in the task {task.name} each text is its own "
            "label: leave it out, and give fewer texts."
        )
    if config.data.augment and not task.perturbable:
        raise UserError(
            f"augment is {config.data.augment}, which changes words of texts, and the task "
            f"{task.name} is about each word: leave it out, and give further texts with "
            "--unlabelled."
        )
    if config.training.tensorboard and task.writes:
        raise UserError(
            f"tensorboard compares answers that are read off a model's outputs, and the task "
            f"{task.name} writes them: leave --tensorboard out; a run's histories have its curves."
        )


def check_training(config: RunConfig) -> None:
    """Refuse settings of a training that do not go together.

    Raises:
        UserError: A decay or a learning rate that does not fit the optimizer, or settings of a
            teacher that is not trained.
    """
    read_optimizer(config).check(config.training.learning_rate)
    check_tuning(config)
    teacher = config.teacher
    for name in ("epochs", "learning_rate"):
        value = getattr(teacher, name)
        if value and teacher.source.partition(":")[0] != "train":
            raise UserError(
                f"teacher_{name} is {value} and the teacher {teacher.source} is not trained here: "
                "leave it out, or write --teacher train."
            )


def _check_student(spec: str, config: RunConfig, task: Task) -> None:
    """Build a student of a small vocabulary, to see whether it can be built and frozen."""
    name, _, size = spec.partition(":")
    settings, size = config.student.settings, size or "small"
    # Tables of a real size, where it matters how large they are.
    vocabulary = config.student.vocab_size if compresses(config) else 100
    schema = task.schema(("0", "1"))
    student = students.build_for(task, schema, name, vocabulary, size, **settings)
    check_frozen(read_stages(config), student)
    if compresses(config):
        check_student(config, task, task.trained_model(student, schema))
    check_length(f"{name}:{size}", config, settings)


def match_token_counts(config: RunConfig, task: Task) -> RunConfig:
    """Let a teacher read as many tokens as its student, where losses compare tokens.

    Args:
        config: The settings of the run.
        task: One that goes on with texts compares all tokens; of others a shrunk student may.
    """
    if task.features == "causal" and not config.teacher.max_length:
        kind = config.teacher.source.partition(":")[0]
        length = 0 if kind == "train" else config.student.max_length
        return config.replaced(teacher_max_length=length)
    per_token = _list_reads(config)
    if not (shrinks(config) and per_token) or config.teacher.max_length:
        return config
    return config.replaced(teacher_max_length=min(config.student.max_length, MAX_LENGTH))


def _list_reads(config: RunConfig) -> set[str]:
    """Return the names of the outputs of layers, no answers, that the losses of all stages read."""
    reads = (name for stage in read_stages(config) for name in stage.objective.reads)
    return {name for name in reads if not is_logits(name) and name != tasks.EMBEDDING}


def check_fine_tuning(spec: str, task: Task) -> None:
    """Refuse a Hugging Face folder, `hf:FOLDER`, that cannot be fine-tuned for a task.

    Raises:
        UserError: No folder, no tokenizer, a kind of model that KerasHub does not have, or a task
            that writes.
    """
    if task.writes:
        raise UserError(
            f"fine-tuning takes encoders, and the task {task.name} writes texts: write "
            f"train:{students.names_for(task)[0]}:base, or fine-tune a model that writes with "
            "transformers and give its folder as hf:PATH."
        )
    path = Path(spec.partition(":")[2]).expanduser()
    check_trainable(path, read_config(path))
    text.load(path)


def check_teacher(config: RunConfig, task: Task) -> None:
    """Refuse to train a teacher that does not exist, or that reads too few tokens.

    Args:
        config: The settings of the run.
        task: What the teacher is to learn.

    Raises:
        UserError: Its name or size is unknown, it cannot learn the task, or `max_length` is too
            large for it.
    """
    suitable = students.names_for(task)
    for member in own_teacher.list_members(config.teacher.source):
        name = member.partition(":")[0]
        if name not in suitable:
            raise UserError(
                f"the teacher {config.teacher.source} is a {name}, which does not learn the task "
                f"{task.name}: write --teacher train:NAME with NAME one of {', '.join(suitable)}."
            )
        check_length(member, config, {})


def check_length(spec: str, config: RunConfig, settings: Mapping[str, Any]) -> None:
    """Refuse a `max_length` that is larger than the number of positions of a model.

    Args:
        spec: The model, `NAME:SIZE`.
        config: The settings of the run.
        settings: The settings of the model, which may change the number of positions.

    Raises:
        UserError: The model reads fewer tokens.
    """
    name, _, size = spec.partition(":")
    most = {**students.sizes_of(name)[size], **settings}.get(
        "max_length", config.student.max_length
    )
    if config.student.max_length > most:
        raise UserError(
            f"max_length is {config.student.max_length} and {spec} reads at most {most} word "
            f"pieces: write --max-length {most}."
        )
