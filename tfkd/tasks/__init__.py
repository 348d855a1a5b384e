"""The tasks that a run can be for; each is one folder here, or a class of another package.

A task knows its columns, how examples become arrays, what its outputs mean and how its answers are
scored. Nothing outside of this package names one.
"""

from ._base import EMBEDDING, Arrays, AskedModel, Measure, Run, Task, name_metrics
from ._marks import Mark
from ._names import match_names
from ._prompted import Prompted, Reading, ShownExample
from ._registry import (
    DEFAULT,
    TASKS,
    as_task,
    find,
    find_form,
    forms,
    import_path,
    infer,
    infer_by_files,
    is_registered,
    name_of,
    names,
    of_pairs,
    of_vectors,
)
from .windows import join_windows

__all__ = [
    "DEFAULT",
    "EMBEDDING",
    "TASKS",
    "Arrays",
    "Mark",
    "Measure",
    "Prompted",
    "Reading",
    "AskedModel",
    "Run",
    "ShownExample",
    "Task",
    "as_task",
    "find",
    "find_form",
    "forms",
    "import_path",
    "infer",
    "infer_by_files",
    "is_registered",
    "join_windows",
    "match_names",
    "name_metrics",
    "name_of",
    "names",
    "of_pairs",
    "of_vectors",
]
