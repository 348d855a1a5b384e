"""`RunConfig`: what one run is, the same from Python, from flags and from TOML.

TOML has a table for each part; flags and Python keywords are flat: `[teacher] max_length` is
`--teacher-max-length` and `teacher_max_length=`.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from ..data.reader import PAIR
from ..data.text_columns import split_names
from ..errors import UserError
from ..tasks import DEFAULT
from .config_checks import check_values, typed_value
from .config_fields import option
from .config_heads import HEAD, join_heads
from .config_tables import (
    DataConfig,
    ExportConfig,
    StudentConfig,
    TaskConfig,
    TeacherConfig,
    TrainingConfig,
)
from .prompt_config import PromptConfig

_OWNERS = {"student_settings": "student", "task_settings": "task", "columns": "task"}
"""Tables whose entries may come from several places, and what they are entries of."""


@dataclass(frozen=True)
class RunConfig:
    """The settings of a run, by table; an empty text or 0 stands for: choose for me.

    `make_config` builds one from flat names.

    >>> make_config({"data": "sample", "student": "text_cnn:tiny"}).training.temperature
    2.0
    """

    data: DataConfig = field(default_factory=DataConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    student: StudentConfig = field(default_factory=StudentConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    export: ExportConfig = field(default_factory=ExportConfig)
    task: TaskConfig = field(default_factory=TaskConfig)
    prompts: PromptConfig = field(default_factory=PromptConfig)
    columns: dict = option({}, "column that plays a role of the task, ROLE=NAME")  # noqa: RUF009
    task_settings: dict = option({}, "settings of the task, NAME=VALUE")  # noqa: RUF009
    to: str = option("", "folder of the run; by default runs/DATA-STUDENT-DIGEST")

    def __post_init__(self) -> None:
        for name, kind in (("columns", dict), ("task_settings", dict), ("to", str)):
            value = typed_value(name, getattr(self, name), kind)
            object.__setattr__(self, name, value)
        if PAIR in {**split_names(self.data.text_column or None), **self.columns}:
            # Two columns of texts are a setting of the task, in every file that is written of it.
            object.__setattr__(self, "task_settings", {**self.task_settings, "pair": True})
        check_values(self.flat())

    def flat(self) -> dict[str, Any]:
        """Return all settings by flat name."""
        return {
            flat: getattr(getattr(self, place.table) if place.table else self, place.field.name)
            for flat, place in places().items()
        }

    def replaced(self, **changes: Any) -> RunConfig:
        """Return a copy with other values, by flat name.

        >>> make_config({"data": "sample"}).replaced(teacher_max_length=64).teacher.max_length
        64
        """
        return make_config({**self.flat(), **changes})

    @property
    def digest(self) -> str:
        """Eight letters that stand for the settings, but for where a run goes and runs."""
        settings = {name: value for name, value in self.flat().items() if name not in _NO_DIGEST}
        if settings["task"] == DEFAULT:
            settings["task"] = ""
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


# A form has chosen the task.
_NO_DIGEST = ("to", "strategy", "tensorboard", "form")


@dataclass(frozen=True)
class Place:
    """Where a setting is: its table, empty for those above all tables, and its field."""

    table: str
    field: dataclasses.Field

    @property
    def title(self) -> str:
        """The setting as TOML spells it.

        >>> places()["teacher_max_length"].title
        '[teacher] max_length'
        """
        return f"[{self.table}] {self.field.name}" if self.table else self.field.name


@functools.cache
def places() -> dict[str, Place]:
    """Return where each setting is, by its flat name: that of its flag and Python keyword."""
    kinds = get_type_hints(RunConfig)
    found = {}
    for outer in dataclasses.fields(RunConfig):
        kind = kinds[outer.name]
        if not dataclasses.is_dataclass(kind):
            found[outer.name] = Place("", outer)
            continue
        for inner in dataclasses.fields(kind):
            found[inner.metadata["flag"] or inner.name] = Place(outer.name, inner)
    return found


def make_config(settings: Mapping[str, Any], origin: str = "the settings") -> RunConfig:
    """Build a `RunConfig` from settings by flat name.

    Args:
        settings: As the keywords of `tfkd.distill`.
        origin: What to call them in an error.

    Raises:
        UserError: A name that does not exist, or a value that cannot be.
    """
    tables: dict[str, dict[str, Any]] = {}
    settings = join_heads(settings) if HEAD in settings else settings
    for name, value in settings.items():
        if name not in places():
            near = get_close_matches(name, places(), n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UserError(f"{origin}: no setting is called {name!r}{hint}; see `tfkd list`.")
        place = places()[name]
        value = _name_teacher(value) if name == "teacher" and callable(value) else value
        tables.setdefault(place.table, {})[place.field.name] = value
    kinds = get_type_hints(RunConfig)
    inside = {name: kinds[name](**values) for name, values in tables.items() if name}
    return RunConfig(**inside, **tables.get("", {}))


def _name_teacher(function: Any) -> str:
    """Return the spec of a function, which a setting can be."""
    from ..teachers import name_function

    return name_function(function)


def flatten_tables(tables: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Return the settings of a TOML file by flat name.

    Raises:
        UserError: A table or a setting that does not exist, or one outside of its table.
    """
    by_title = {place.title: flat for flat, place in places().items()}
    kinds = get_type_hints(RunConfig)
    flat: dict[str, Any] = {}
    for outer, value in tables.items():
        if outer == HEAD:
            flat[HEAD] = value
            continue
        if not dataclasses.is_dataclass(kinds.get(outer)):
            if outer not in by_title:
                raise UserError(f"{origin}: {_describe_unknown(outer)}")
            flat[outer] = value
            continue
        if not isinstance(value, dict):
            first = dataclasses.fields(kinds[outer])[0].name
            raise UserError(
                f"{origin}: {outer} is {value!r:.40}, and a table: write [{outer}], and below it "
                f"{first} = ..."
            )
        for name, inner in value.items():
            if f"[{outer}] {name}" not in by_title:
                known = [field.name for field in dataclasses.fields(kinds[outer])]
                near = get_close_matches(name, known, n=1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                raise UserError(
                    f"{origin}: the table [{outer}] has no {name!r}{hint}; it has "
                    f"{', '.join(known)}."
                )
            flat[by_title[f"[{outer}] {name}"]] = inner
    return flat


def _describe_unknown(name: str) -> str:
    if name in places():
        place = places()[name]
        return (
            f"{name!r} belongs into a table: write [{place.table}], and below it "
            f"{place.field.name} = ..."
        )
    near = get_close_matches(name, [*places(), *get_type_hints(RunConfig)], n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"no setting is called {name!r}{hint}; see `tfkd list`."


def read_config(path: Path, defaults: Mapping[str, Any] | None = None, **changes: Any) -> RunConfig:
    """Read a `RunConfig` from a TOML file.

    Args:
        path: The file.
        defaults: Settings by flat name for what the file leaves open.
        changes: Settings by flat name in place of the file's.

    Raises:
        UserError: No file, no TOML, or settings that cannot be.
    """
    tables = read_tables(path)
    flat = flatten_tables(tables, str(path))
    return make_config(put_over(put_over(defaults or {}, flat), changes), str(path))


def put_over(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by flat name with others in their place, entry by entry in their tables.

    A table of another student or task is taken as it is: its entries are other ones.

    Args:
        settings: What is given in a file or a recipe.
        changes: What takes its place.

    >>> put_over(
    ...     {"student_settings": {"filters": 64, "dropout": 0.5}, "seed": 1},
    ...     {"student_settings": {"filters": 8}},
    ... )
    {'student_settings': {'filters': 8, 'dropout': 0.5}, 'seed': 1}
    """
    joined = {**settings, **changes}
    for table, owner in _OWNERS.items():
        tables = [each[table] for each in (settings, changes) if isinstance(each.get(table), dict)]
        # A student of another size has the same settings.
        kinds = {str(each.get(owner)).partition(":")[0] for each in (settings, joined)}
        if len(tables) == 2 and len(kinds) == 1:
            joined[table] = {**tables[0], **tables[1]}
    return joined


def read_tables(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        UserError: No file, or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}.") from error


def write_config(config: RunConfig, path: Path) -> None:
    """Write a `RunConfig` as TOML, every setting in its table."""
    import tomli_w

    values = dataclasses.asdict(config)
    # Settings above all tables come first, or TOML takes them for a table's.
    first = {name: value for name, value in values.items() if not isinstance(value, dict)}
    path.write_text(tomli_w.dumps({**first, **values}), encoding="utf-8")
