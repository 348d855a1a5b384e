"""Rows of Parquet and Arrow files, and the class names that Hugging Face's `datasets` put there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError, first_line, missing_extra
from .faults import Faults
from .file_kinds import FileForm, Row

_ROWS = 256


def read_arrow(path: Path, reading: FileForm, faults: Faults) -> Iterator[Row]:
    """Yield the rows of a `.parquet` file, or of a `.arrow` file or stream.

    Args:
        path: The file.
        reading: Says nothing of these files.
        faults: Nothing of these files is a bad row by itself.

    Raises:
        UserError: pyarrow is missing, or the file is none of these.
    """
    import_pyarrow(path)
    from pyarrow import ArrowException

    number = 0
    try:
        for batch in _batches(path):
            for fields in batch.to_pylist():
                number += 1
                yield Row(f"{path}, row {number}", fields)
    except (ArrowException, OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{path} cannot be read as {path.suffix} behind row {number} ({first_line(error)}): "
            "copy or download it again."
        ) from None


def import_pyarrow(path: Path) -> Any:
    """Return the module pyarrow.

    Args:
        path: What needs it, for the error.

    Raises:
        UserError: It is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise missing_extra("pyarrow", "tables", f"the file {path}") from None
    return pyarrow


def _batches(path: Path) -> Iterator[Any]:
    if path.suffix.lower() == ".parquet":
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=_ROWS)
        return
    with _open_arrow(path) as reader:
        whole = hasattr(reader, "num_record_batches")
        batches = map(reader.get_batch, range(reader.num_record_batches)) if whole else reader
        for batch in batches:
            for start in range(0, batch.num_rows, _ROWS):
                yield batch.slice(start, _ROWS)


def _open_arrow(path: Path) -> Any:
    """Open an Arrow file with an index, or a stream as `datasets` writes it."""
    import pyarrow

    try:
        return pyarrow.ipc.open_file(pyarrow.memory_map(str(path)))
    except pyarrow.ArrowInvalid:
        return pyarrow.ipc.open_stream(pyarrow.memory_map(str(path)))


def class_names(path: Path, column: str) -> tuple[str, ...]:
    """Return the class names that a file keeps for a column of ids, as `datasets` writes them.

    Args:
        path: A `.parquet` or `.arrow` file.
        column: The label column.
    """
    import_pyarrow(path)
    from pyarrow import ArrowException

    try:
        if path.suffix.lower() == ".parquet":
            from pyarrow.parquet import read_schema

            schema = read_schema(path)
        else:
            with _open_arrow(path) as reader:
                schema = reader.schema
        kept = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    except (ArrowException, OSError, ValueError):
        # FileForm it says what is wrong.
        return ()
    return names_of_feature(kept.get("info", {}).get("features") or {}, column)


def names_of_feature(features: Mapping[str, Any], column: str) -> tuple[str, ...]:
    """Return the names of a `ClassLabel`, or none, from the features of a Hugging Face data set.

    Those of a list of ids count too.

    Args:
        features: Descriptions of columns by name.
        column: The label column.

    >>> names_of_feature({"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}, "label")
    ('neg', 'pos')
    >>> inner = {"names": ["O", "B-PER"], "_type": "ClassLabel"}
    >>> names_of_feature({"ner_tags": {"feature": inner, "_type": "Sequence"}}, "ner_tags")
    ('O', 'B-PER')
    """
    feature = features.get(column)
    while isinstance(feature, (dict, list)) and "names" not in feature:
        # Of lists: `Sequence(...)`, `List(...)`, or a list in a JSON of before both.
        if isinstance(feature, list):
            feature = feature[0] if feature else None
        else:
            feature = feature.get("feature")
    names = feature.get("names") if isinstance(feature, dict) else None
    return tuple(map(str, names)) if isinstance(names, list) else ()
