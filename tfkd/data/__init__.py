"""Files, folders and named data sets as checked examples; examples as arrays on disk, in batches.

The only package that knows tensorflow_datasets, csv and jsonl. `open_data` checks every row once;
`Data.read` streams examples. What a row means is for an `ExampleReader` to know: a task.
"""

from .examples import IGNORE, SPLITS, Data, Example, Schema
from .opening import open_data
from .reader import Column, ExampleReader

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
