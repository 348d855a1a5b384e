"""What a student may be: its kind, its settings, its vocabulary and how much of a text it reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .. import students
from ..running.config import RunConfig
from ..running.shrink_setting import shrinks
from ..tasks import Task
from .choice import Ask, Choice

_SMALL = "small"
_FEW = 16
"""Numbers up to this are counts, such as of layers, of which no half is tried."""
_TABLE = 10_000
"""Numbers from this on are rows of hash tables, which may be far fewer than any size has."""
_VOCABULARIES = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
_SHORTEST = 32
_POSITIONS = "max_length"


def list_kinds(config: RunConfig, task: Task, fixed: Collection[str]) -> tuple[str, ...]:
    """Return the names of the students that a search may take, the own one first.

    Args:
        config: The settings of the default.
        task: What a student is for.
        fixed: Settings that stay, by flat name.
    """
    training, student = config.training, config.student
    own = student.source.partition(":")[0]
    # Layers of other students have other names, and blocks of their own.
    bound = training.freeze or training.tune or training.layer_decay != 1 or training.stage
    given = "student" in fixed or "student_settings" in fixed
    if bound or given or shrinks(config) or student.from_run or student.assistant:
        return (own,)
    return (own, *(name for name in students.names_for(task) if name != own))


def choose_student(
    config: RunConfig, task: Task, ask: Ask, *, kinds: Sequence[str], fixed: Collection[str]
) -> dict[str, Any]:
    """Return the settings of a student, by flat name.

    Args:
        config: The settings of the default.
        task: What the student is for.
        ask: Returns a value of a choice.
        kinds: See `list_kinds`.
        fixed: Settings that stay.
    """
    own = config.student.source.partition(":")[0]
    # One that is given stays, and of one kind there is no choice.
    kind = ask(Choice.of("student", kinds, own)) if len(kinds) > 1 else own
    chosen = _choose_texts(config, task, ask)
    if shrinks(config) or config.student.from_run:
        return chosen
    same = kind == own
    size = config.student.source.partition(":")[2] if same else ""
    before = dict(config.student.settings) if same else {}
    now = _plain({**students.sizes_of(kind)[size or _SMALL], **before})
    sized = same and "student" in fixed and bool(size)
    changed = {}
    for choice in [] if sized else _list_settings(kind, now):
        setting = choice.name.partition(".")[2]
        # Of a student that is given with some settings, the others are searched.
        if not ("student_settings" in fixed and setting in before):
            changed[setting] = ask(choice)
    length = chosen.get("max_length", config.student.max_length)
    if _POSITIONS in now and (length > now[_POSITIONS] or length != config.student.max_length):
        changed[_POSITIONS] = length
    changed = {name: value for name, value in changed.items() if value != now[name]}
    if not same:
        chosen["student"] = f"{kind}:{_SMALL}"
        if config.student.start != "auto" and not students.has_table(kind):
            chosen["start"] = "auto"
    if changed or not same:
        chosen["student_settings"] = {**before, **changed}
    return chosen


def _choose_texts(config: RunConfig, task: Task, ask: Ask) -> dict[str, Any]:
    """Return the vocabulary, and how many tokens are read."""
    student, chosen = config.student, dict[str, Any]()
    if not task.reads_texts or shrinks(config) or student.from_run:
        return chosen
    if not student.tokenizer:
        chosen["vocab_size"] = ask(Choice.of("vocab_size", _VOCABULARIES, student.vocab_size))
    if not task.writes:
        # A teacher that writes reads as many, and would have to be asked again. Of two texts the
        # first one may be long.
        parts = (1, 2, 4) if task.reads_pairs else (1, 2, 4, 8)
        lengths = [max(student.max_length // part, _SHORTEST) for part in parts]
        short = [length for length in set(lengths) if length < student.max_length]
        chosen["max_length"] = ask(Choice.of("max_length", short, student.max_length))
    return {name: value for name, value in chosen.items() if value != getattr(student, name)}


def _list_settings(kind: str, now: dict[str, Any]) -> list[Choice]:
    """Return a choice for each setting of a student, between and somewhat beyond its sizes."""
    sizes = {size: _plain(settings) for size, settings in students.sizes_of(kind).items()}
    choices = []
    for name in sizes[_SMALL]:
        values = _spread([sizes[size][name] for size in students.SIZES])
        if name != _POSITIONS and len(values) > 1:
            title = f"{kind}.{name}"
            choices.append(Choice.of(title, values, now[name], "student_settings"))
    return choices


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as a file has them, which knows lists alone."""
    return {n: list(each) if isinstance(each, tuple) else each for n, each in settings.items()}


def _spread(found: Sequence[Any]) -> list[Any]:
    """Return the values of a setting that are tried, given those of the sizes.

    >>> _spread([64, 64, 256]), _spread([1, 2, 4]), _spread([0.1, 0.2, 0.2])
    ([32, 64, 128, 256], [1, 2, 4], [0.05, 0.1, 0.2, 0.4])
    """
    values = [value for place, value in enumerate(found) if value not in found[:place]]
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in found):
        return values
    positive = [value for value in values if value]
    if all(isinstance(value, float) for value in found):
        return sorted({*values, *(v * factor for v in positive for factor in (0.5, 1, 2))})
    if len(values) == 1 or max(values) <= _FEW:
        return sorted(values)
    step = min(positive) // (16 if min(positive) >= _TABLE else 2)
    between = set[int]()
    while step < max(values):
        # Odd numbers of rows spread n-grams better than those that 2 divides.
        between.add(step | 1 if step >= _TABLE // 16 else step)
        step *= 2
    return sorted({*values, *(v for v in between if not _is_near(v, values))})


def _is_near(number: int, values: Sequence[int]) -> bool:
    return any(value and 0.8 < number / value < 1.25 for value in values)
