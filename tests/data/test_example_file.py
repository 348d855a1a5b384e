"""Examples in a file: any of them at once, as they were written."""

import numpy as np

from tfkd.data import Example
from tfkd.data.example_file import ExampleFile

EXAMPLES = [
    Example(text="très bon\nfilm", label=1),
    Example(text="", label=np.int32(0)),
    Example(text="映画", label=[0.5, 1.0]),
]


def test_examples_come_back_in_any_order(tmp_path):
    """A line break in a text that makes all later ones others, or bytes counted as letters."""
    kept = ExampleFile.keep(iter(EXAMPLES), tmp_path / "kept")
    assert len(kept) == 3
    assert kept[np.array([2, 0, 0])] == [EXAMPLES[2], EXAMPLES[0], EXAMPLES[0]]
    assert kept[np.array([1])][0]["label"] == 0


def test_a_whole_file_is_opened_as_it_is(tmp_path):
    """All data read again by each stage and each worker."""
    ExampleFile.keep(iter(EXAMPLES), tmp_path / "kept")
    assert len(ExampleFile.keep(iter([]), tmp_path / "kept")) == 3
