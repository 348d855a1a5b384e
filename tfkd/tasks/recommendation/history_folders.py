"""A folder of ratings or interactions as the splits of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...data import Example
from ...data.columns import Record
from ...data.source import Source
from ...progress import logger
from .interactions import find_files, read_interactions
from .user_histories import Histories


def open_histories(folder: Path, settings: Mapping[str, Any]) -> dict[str, Source] | None:
    """Return the splits of a folder of ratings or interactions; None of anything else.

    Args:
        folder: A folder with files of ratings and of items, or anything else.
        settings: Those of the task.

    Raises:
        UserError: Files that do not match, or that cannot be read.
    """
    files = find_files(folder) if folder.is_dir() else None
    if files is None:
        return None
    histories = Histories(
        read_interactions(files, settings["liked_from"]),
        **{name: settings[name] for name in ("history", "negatives", "new_items", "least", "most")},
    )
    logger.info(f"histories {histories.describe()}")
    splits = {"train": histories.train, "validation": histories.validation, "test": histories.test}
    return {
        name: Source(f"{folder} ({name})", partial(_records, read, f"{folder} ({name})"))
        for name, read in splits.items()
    }


def _records(read: Callable[[], Iterator[dict]], origin: str) -> Iterator[Record]:
    # The texts were checked when the files were read.
    for number, fields in enumerate(read(), 1):
        yield Record(f"{origin}, example {number}", Example(fields))
