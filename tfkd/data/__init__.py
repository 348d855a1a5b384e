"""Texts with labels from files, folders, TensorFlow Datasets or a built-in grammar.

The only room that knows tensorflow_datasets, csv and jsonl. `open_data` checks every row once;
`Data.read` streams examples.
"""

from .examples import IGNORE, SPLITS, Data, Example
from .opening import open_data

__all__ = ["IGNORE", "SPLITS", "Data", "Example", "open_data"]
