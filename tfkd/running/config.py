"""`RunConfig`: what one distillation run is, the same from Python, from flags and from TOML."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from ..errors import UserError
from ..runtime.quantisations import AUTO, QUANTIZE

STRATEGIES = ("auto", "one", "mirrored", "multi_worker", "tpu", "parameter_server")


def option(default: Any, help: str, **facts) -> Any:
    """A field with its help; `choices` where only some values are allowed."""
    if isinstance(default, (dict, list)):
        return field(default_factory=type(default), metadata={"help": help, **facts})
    return field(default=default, metadata={"help": help, **facts})


@dataclass(frozen=True)
class RunConfig:
    """The settings of a run; empty text or zero means: choose for me.

    >>> RunConfig(data="sample", student="text_cnn:tiny").temperature
    2.0
    """

    data: str = option("", "imdb, sample, sample:SIZE, a .jsonl, .csv or .tsv file, or a folder")
    teacher: str = option("train", "hf:PATH_OR_NAME, keras:PATH, train, ... (see `tfkd list`)")
    student: str = option("ngram_cnn", "NAME or NAME:SIZE (see `tfkd list`), or shrink:LAYERS")
    assistant: str = option(
        "", "a student, or several, between teacher and student: NAME:SIZE, ..."
    )
    student_settings: dict = option({}, "settings of the student, NAME=VALUE")  # noqa: RUF009
    data_dir: str = option("", "where TensorFlow Datasets keeps imdb")
    validation: str = option("", "a file for the validation split")
    test: str = option("", "a file for the test split")
    unlabelled: str = option("", "a file of further texts for the transfer set")
    text_column: str = option("", "the column of the text")
    label_column: str = option("", "the column of the label")
    labelled: int = option(0, "how many labels the student gets, as if there were no more")
    labels: str = option("", "a file of class names, in the order of their ids")
    tokenizer: str = option("", "a vocab.txt or tokenizer.json; learnt from the texts by default")
    vocab_size: int = option(16_000, "word pieces to learn")
    lowercase: bool = option(True, "lower-case the texts before a vocabulary is learnt")
    max_length: int = option(512, "word pieces that the student reads of a text")
    teacher_max_length: int = option(0, "word pieces that the teacher reads (256 by default)")
    teacher_precision: str = option(
        "float32", "of a teacher that runs in every step", choices=("float32", "bfloat16")
    )
    cache: bool = option(True, "store the teacher's outputs once; --no-cache runs it in every step")
    store: str = option("", "the folder of the store; targets/TEACHER-DIGEST beside the run")
    temperature: float = option(2.0, "softens both distributions; T² keeps the gradients' size")
    soft_weight: float = option(0.75, "weight of the soft targets; the hard labels get the rest")
    objective: list = option([], "losses instead of those two, in TOML")  # noqa: RUF009
    stage: list = option([], "trainings one behind the other, in TOML")  # noqa: RUF009
    projection_rate: float = option(0.0, "learning rate of the losses' projections")
    augment: int = option(0, "made-up texts for each training text, for the transfer set")
    augment_model: str = option("", "make them by a masked language model: its Hugging Face folder")
    epochs: int = option(0, "passes over the transfer set; by default about 1,000 steps")
    batch_size: int = option(128, "examples in a batch")
    learning_rate: float = option(0.0, "the highest, reached after the warm-up")
    seed: int = option(0, "of the split, the initial weights, the dropout and the shuffling")
    alone: bool = option(True, "also train the student without the teacher, for comparison")
    quantize: str = option("int8", "of the .tflite", choices=(*QUANTIZE, AUTO))
    tensorboard: bool = option(False, "write curves, agreement and texts for TensorBoard")
    callbacks: str = option("", "Keras callbacks by import path, package.module:Name, ...")
    strategy: str = option(
        "auto", "of tf.distribute, for several devices or machines", choices=STRATEGIES
    )
    to: str = option("", "the run's folder; runs/DATA-STUDENT-DIGEST by default")

    def __post_init__(self):
        kinds = get_type_hints(type(self))
        for each in dataclasses.fields(self):
            object.__setattr__(self, each.name, _typed(each, kinds[each.name], self))
        _check(self)

    @property
    def digest(self) -> str:
        """Eight letters for the settings, but for where the run goes and what it runs on."""
        settings = {**dataclasses.asdict(self), "to": ""}
        del settings["strategy"], settings["tensorboard"]
        if not self.callbacks:
            del settings["callbacks"]  # the digests of runs from before there were any
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def read(path: Path, under: dict[str, Any] | None = None, **changes) -> RunConfig:
    """A config from a TOML file, with `changes` in its place, and `under` where it says nothing."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}.") from error
    return make({**(under or {}), **found, **changes}, str(path))


def make(settings: dict[str, Any], origin: str = "the settings") -> RunConfig:
    """A config from a dict, refusing names that do not exist."""
    known = [each.name for each in dataclasses.fields(RunConfig)]
    for name in settings:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UserError(f"{origin}: no setting is called {name!r}{hint}; see `tfkd list`.")
    return RunConfig(**settings)


def write(config: RunConfig, path: Path) -> None:
    """The config as TOML."""
    import tomli_w

    path.write_text(tomli_w.dumps(dataclasses.asdict(config)), encoding="utf-8")


def _typed(each: dataclasses.Field, kind, config: RunConfig):
    value = getattr(config, each.name)
    if isinstance(value, Path):
        value = str(value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise UserError(f"{each.name} is {value!r}: expected {_WORDS[kind]}.")
    return _plain(each.name, value) if kind in (dict, list) else value


def _plain(name: str, value):
    """As it comes back from a file, so that a config equals the one in its folder."""
    try:
        return json.loads(json.dumps(value))
    except TypeError as error:
        raise UserError(f"{name} is {value!r}: expected numbers, texts and lists.") from error


_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table of names and values",
    list: "a list of tables",
}


def _check(config: RunConfig) -> None:
    for name, least in (("vocab_size", 100), ("max_length", 4), ("batch_size", 1)):
        if getattr(config, name) < least:
            raise UserError(f"{name} is {getattr(config, name)}: write at least {least}.")
    numbers = ("epochs", "labelled", "seed", "teacher_max_length", "learning_rate", "augment")
    for name in (*numbers, "projection_rate"):
        if not (math.isfinite(getattr(config, name)) and getattr(config, name) >= 0):
            raise UserError(f"{name} is {getattr(config, name)}: write 0 or more.")
    if config.seed >= 2**31:
        raise UserError(f"seed is {config.seed}: write a number below {2**31}.")
    if not (math.isfinite(config.temperature) and config.temperature > 0):
        raise UserError(f"temperature is {config.temperature}: write a positive number, e.g. 2.")
    if not 0 <= config.soft_weight <= 1:
        raise UserError(f"soft_weight is {config.soft_weight}: write a number from 0 to 1.")
    if config.augment_model and not config.augment:
        raise UserError(
            f"augment_model is {config.augment_model!r} and augment 0: write augment = 20, say, "
            "for 20 made-up texts for each."
        )
    _check_choices(config)


def _check_choices(config: RunConfig) -> None:
    for each in dataclasses.fields(config):
        allowed, value = each.metadata.get("choices"), getattr(config, each.name)
        if allowed and value not in allowed:
            raise UserError(f"{each.name} is {value!r}: write one of {', '.join(allowed)}.")
