"""Files, folders and named data sets as checked examples; examples as arrays on disk, in batches.

The only package that knows tensorflow_datasets, csv and jsonl. `open_data` checks every row once;
`Data.read` streams examples. What a row means is for an `ExampleReader` to know: a task.
`open_data` loads on first use, since what runs a file reads no data.
"""

from typing import TYPE_CHECKING, Any

from .examples import IGNORE, SPLITS, Data, Example, Schema
from .reader import Column, ExampleReader

if TYPE_CHECKING:
    from .opening import open_data

__all__ = [
    "IGNORE",
    "SPLITS",
    "Column",
    "Data",
    "Example",
    "ExampleReader",
    "Schema",
    "open_data",
]


def __getattr__(name: str) -> Any:
    if name != "open_data":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .opening import open_data

    return open_data
