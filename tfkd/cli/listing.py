"""What `tfkd list` prints."""

from __future__ import annotations

from ..errors import UserError
from ..running.config import places
from .flags import LISTS, default_of, flag_of

DATA = {
    "imdb": "50,000 film reviews and 50,000 unlabelled (TensorFlow Datasets, --data-dir)",
    "sample[:SIZE]": "built-in synthetic film reviews",
    "FILE": ".jsonl, .csv or .tsv, each also .gz, with text and label",
    "FOLDER": "train.jsonl, test.jsonl, ... or train/CLASS/*.txt",
}
MORE_TEACHERS = {
    "A + B": "the mean of several, each with its own tokenizer",
    "train": "an ensemble, trained on the spot",
    "train:STUDENT[:SIZE]": "one of the students below, trained on the spot",
}


def listing(topic: str = "") -> str:
    """Return data, tasks, teachers, students and settings, or one of these topics."""
    blocks = {
        "data": list_data,
        "tasks": list_tasks,
        "teachers": list_teachers,
        "students": list_students,
        "settings": list_settings,
    }
    if topic and topic not in blocks:
        raise UserError(f"{topic!r} cannot be listed: write one of {', '.join(blocks)}.")
    return "\n\n".join(block() for name, block in blocks.items() if topic in ("", name))


def list_data() -> str:
    """Return what can be given as data."""
    return _block("data", DATA)


def list_tasks() -> str:
    """Return the registered tasks: their columns, measures, students and clients."""
    from ..tasks import find, names

    lines = {}
    for name in names():
        task = find(name)
        optional = {role for role, column in task.columns.items() if not column.required}
        columns = ", ".join(f"[{role}]" if role in optional else role for role in task.columns)
        measures = ", ".join(measure.title for measure in task.measures.values())
        lines[name] = f"--form {task.form}; columns {columns}; scored by {measures}"
        if task.students:
            lines[name] += f"; students {', '.join(task.students)}"
        if task.clients:
            lines[name] += f"; clients {', '.join(task.clients)}"
    return _block("tasks (--task)", lines)


def list_teachers() -> str:
    """Return the kinds of teachers."""
    from ..teachers import KINDS

    return _block("teachers", {k.pattern: k.description for k in KINDS.values()} | MORE_TEACHERS)


def list_students() -> str:
    """Return the students, with the settings of each size."""
    from ..students import NAMES, SIZES, sizes_of

    return _block(
        "students",
        {
            f"{name}:{size}": ", ".join(f"{k}={v}" for k, v in sizes_of(name)[size].items())
            for name in NAMES
            for size in SIZES
        },
    )


def list_settings() -> str:
    """Return every setting: its flag, where TOML has it, what it does, and its default."""
    lines = {}
    for name, place in places().items():
        default = default_of(place)
        flag = flag_of(name)
        if name == "data":
            flag = "DATA"
        elif default == [] and name not in LISTS:
            flag = "(TOML)"
        shown = f" (default: {default})" if default not in ("", 0, 0.0, {}, []) else ""
        lines[f"{flag:22}  {place.title}"] = f"{place.field.metadata['help']}{shown}"
    return _block("settings (flags, TOML)", lines)


def _block(title: str, lines: dict[str, str]) -> str:
    width = max(map(len, lines))
    return "\n".join([title, *[f"  {name:{width}}  {text}" for name, text in lines.items()]])
