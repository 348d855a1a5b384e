"""Which tasks there are, by name: ours, and those of packages that are installed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import UserError, first_line
from ._base import Task

TASKS = {
    "text-classification": "tfkd.tasks.text_classification:TextClassification",
    "multi-label-classification": (
        "tfkd.tasks.multi_label_classification:MultiLabelClassification"
    ),
    "text-regression": "tfkd.tasks.text_regression:TextRegression",
    "question-answering": "tfkd.tasks.question_answering:QuestionAnswering",
    "recommendation": "tfkd.tasks.recommendation:Recommendation",
    "relation-classification": "tfkd.tasks.relation_classification:RelationClassification",
    "sentence-similarity": "tfkd.tasks.sentence_similarity:SentenceSimilarity",
    "token-classification": "tfkd.tasks.token_classification:TokenClassification",
    "translation": "tfkd.tasks.translation:Translation",
    "summarization": "tfkd.tasks.summarization:Summarization",
    "text2text-generation": "tfkd.tasks.text2text_generation:Text2TextGeneration",
    "image-classification": "tfkd.tasks.image_classification:ImageClassification",
    "audio-classification": "tfkd.tasks.audio_classification:AudioClassification",
    "text-generation": "tfkd.tasks.text_generation:TextGeneration",
}
DEFAULT = next(iter(TASKS))
VECTORS = "sentence-similarity"
"""The task whose answer is one vector a text."""
GROUP = "tfkd.tasks"
_OWN = ("words", "tags", "spans")
"""Kinds of columns by whose other names a task is known: those of labels are anybody's."""
JOINT = "tfkd.tasks.joint:Joint"
PLUS, IS = "+", "="
"Several tasks of one model: `TASK+TASK`, or with names of their own, `HEAD=TASK+HEAD=TASK`."


def registered() -> dict[str, str]:
    """Return the import path of every task by name: ours, then those of installed packages.

    A package registers a task by an entry point of the group `tfkd.tasks`. Ours cannot be replaced.
    """
    # It takes longer than a short command, and most files are of our tasks.
    from importlib.metadata import entry_points

    theirs = {each.name: each.value for each in entry_points(group=GROUP)}
    return {**TASKS, **{name: path for name, path in theirs.items() if name not in TASKS}}


def names() -> tuple[str, ...]:
    """Return the names of all registered tasks.

    >>> DEFAULT in names()
    True
    """
    return tuple(registered())


def is_registered(name: str) -> bool:
    """Return whether a task, or each of several joined by +, is known without an import path.

    >>> is_registered("a=text-classification+b=text-regression"), is_registered("os:system")
    (True, False)
    """
    parts = [part.rpartition(IS)[2].strip() for part in name.split(PLUS)]
    return all(part in TASKS or part in registered() for part in parts)


def find(name: str, settings: Mapping[str, Any] | None = None) -> Task:
    """Return a task by its name, or by the import path of its class.

    Args:
        name: A name of `names()`, or `package.module:Class`; empty for text classification. Several
            are joined by +.
        settings: Its settings, as in the table `[task_settings]` of a run.

    Raises:
        UserError: No such task, a class that is none, or a setting that it does not have.

    >>> find("text-classification").columns["text"].default
    'text'
    """
    name = name or DEFAULT
    known = TASKS if name in TASKS else registered()
    if PLUS in name or IS in name:
        return _imported(JOINT, name)({**(settings or {}), "heads": name})
    if name not in known and ":" not in name:
        near = get_close_matches(name, known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UserError(
            f"no task is called {name!r}{hint}; write one of {', '.join(known)}, or the import "
            "path of a task's class, package.module:Class."
        )
    if name not in known and os.getcwd() not in sys.path:
        # A class of one's own lies in the folder of the command, as for --callbacks.
        sys.path.append(os.getcwd())
    task = _imported(known.get(name, name), name)(settings)
    if not task.name:
        task.name = name
    return task


def of_vectors() -> Task:
    """Return the task that asks a model for one vector a text.

    >>> of_vectors().outputs
    ('embedding',)
    """
    return find(VECTORS)


def forms() -> tuple[str, ...]:
    """Return the forms of labels that our tasks know.

    >>> forms()
    ('multiclass', 'multilabel', 'regression')
    """
    return tuple(dict.fromkeys(find(name).form for name in TASKS))


def find_form(form: str, like: str = "", settings: Mapping[str, Any] | None = None) -> Task:
    """Return the task of a form of labels: that of a name, or the first that has this form.

    Args:
        form: A form of `forms()`.
        like: The name of a task, which must be of this form; empty for any.
        settings: The task's settings.

    Raises:
        UserError: No such form, or a task of another form.

    >>> find_form("multilabel").form
    'multilabel'
    """
    if like:
        task = find(like, settings)
        if task.form != form:
            raise UserError(
                f"form is {form!r} and the task {name_of(task)} is of the form {task.form!r}: "
                "leave one of them out."
            )
        return task
    names = [name for name in TASKS if find(name).form == form]
    if not names:
        raise UserError(f"form is {form!r}: write one of {', '.join(forms())}.")
    return find(names[0], settings)


def as_task(task: Task | str | None) -> Task:
    """Return a task that is given by itself, by name, or not at all: text classification then.

    Raises:
        UserError: No such task.
    """
    return task if isinstance(task, Task) else find(task or DEFAULT)


def of_pairs(task: Task | None) -> Task:
    """Return the same task for pairs of texts; text classification where none is given.

    Raises:
        UserError: A task that reads no pairs.
    """
    task = as_task(task)
    if task.reads_pairs:
        return task
    pairs = type(task)({**task.settings, "pair": True})
    pairs.name = task.name
    return pairs


def _imported(path: str, name: str) -> type[Task]:
    module, _, attribute = path.partition(":")
    try:
        imported = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"the task {name!r} cannot be imported from {path} ({first_line(error)}): install its "
            "package, or write the import path of its class, package.module:Class."
        ) from error
    if not (isinstance(imported, type) and issubclass(imported, Task)):
        raise UserError(
            f"the task {name!r} is {imported!r}: expected a subclass of tfkd.tasks.Task."
        )
    return imported


def import_path(task: Task) -> str:
    """Return where a task's class is: `package.module:Class`."""
    return f"{type(task).__module__}:{type(task).__qualname__}"


def name_of(task: Task) -> str:
    """Return a task's name, which is its import path where it has none of its own."""
    return task.name or import_path(task)


def infer(
    architectures: Iterable[str],
    columns: Iterable[str],
    *,
    problem_type: str = "",
    label: Any = None,
) -> tuple[str, str]:
    """Return the task that a teacher and data suggest, and why, in a few words.

    A label that only one task can read decides first, then the teacher's `architectures` (of
    Hugging Face's `config.json`) with its `problem_type`, then the columns of the data: the task
    of which most columns are there, all required ones among them.

    Args:
        architectures: Class names such as `BertForSequenceClassification`; may be empty.
        columns: Names of the columns of the training file; may be empty.
        problem_type: The teacher's, such as `multi_label_classification`; may be empty.
        label: The first label of the training file, as it is written.

    >>> infer(["BertForSequenceClassification"], [])
    ('text-classification', 'the teacher is a BertForSequenceClassification')
    """
    tasks = {name: find(name) for name in TASKS}
    there = set(columns)
    fits = {name: _count_columns(task, there) for name, task in tasks.items()}
    best = max(fits, key=lambda name: fits[name], default="")
    roles = tasks[best].columns_for(there) if best and fits[best] else {}
    names = [(column.default, *column.also) for column in roles.values()]
    found = [name for known in names for name in known if name in there]
    told = f"the data have the columns {', '.join(found)}"
    if any(column.kind == "words" for column in roles.values()):
        return best, told
    for name, task in tasks.items():
        if task.reads_label(label):
            return name, f"the labels are a {type(label).__name__}"
    for architecture in architectures:
        alike = {
            name: task
            for name, task in tasks.items()
            if task.hugging_face and architecture.endswith(task.hugging_face)
        }
        for name, task in alike.items():
            if problem_type and task.problem_type == problem_type:
                return name, f"the teacher is a {architecture} for {problem_type}"
        if alike:
            return next(iter(alike)), f"the teacher is a {architecture}"
    return (best, told) if roles and best != DEFAULT else (DEFAULT, "the default")


def infer_by_files(path: Path) -> str:
    """Return the task that reads other data than rows of a table and finds some; else nothing.

    Args:
        path: A file or a folder; there may be none.
    """
    damaged = ""
    for name in TASKS:
        task = find(name)
        try:
            if not task.reads_texts and task.open_splits(path):
                return name
        except UserError:
            # Such data, and damaged, or those of another task: whoever opens them says which.
            damaged = damaged or name
    return damaged


def _count_columns(task: Task, there: set[str]) -> int:
    """Return how many columns of a task are there, 0 where one that it needs is not."""
    found = {
        role: column.default in there or (column.kind in _OWN and bool(there & {*column.also}))
        for role, column in task.columns_for(there).items()
    }
    roles = task.columns_for(there).items()
    fits = task.suits(there) and all(found[r] for r, c in roles if c.required)
    return sum(found.values()) if fits else 0
