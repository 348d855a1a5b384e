"""`tfkd predict FILE reviews.csv`: a file of texts in, and its rows with the answers out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..data.file_kinds import FORMATS, FileForm, Row, check_format
from ..data.row_writing import is_class_column
from ..errors import UserError
from ..files import names_file
from .predicting import Record, RecordReader


def find_files(words: Iterable[str]) -> list[Path]:
    """Return the files that words of the command line name; none where they are texts.

    Args:
        words: The words behind the `.tflite`.

    Raises:
        UserError: Files and texts together, or the name of a file that is not there.
    """
    words = list(words)
    files = [Path(word).expanduser() for word in words if names_file(word)]
    for word in words:
        path = Path(word)
        if not names_file(word) and path.suffix.lower() in FORMATS and len(word.split()) == 1:
            raise UserError(f"there is no file {word}; give a text as more than the name of one.")
    if files and len(files) < len(words):
        text = next(word for word in words if not names_file(word))
        raise UserError(f"{files[0]} is a file and {text[:40]!r} a text: give one or the other.")
    for path in files:
        check_format(path)
    return files


def check_records(
    path: Path, reader: RecordReader, reading: FileForm, *, skip_bad: bool = False
) -> Iterator[Record]:
    """Read a file through, and return its rows as records, all columns with them.

    Rows without a text come too. The file is read again as they are asked for.

    Args:
        path: A table, JSON, workbook or plain text with one text on each line.
        reader: Knows what the task reads; learns here which columns there are.
        reading: What the user says of how the file is written.
        skip_bad: Whether to leave out rows that are none.

    Raises:
        UserError: A file that cannot be read, bad rows, or columns that are not there.
    """
    # Most answers are of texts on the command line.
    from ..data.columns import Columns
    from ..data.faults import Faults
    from ..data.rows import read_rows

    columns = Columns(reader.task, reader.named, reading=reading)
    known = columns.reading_of(False, blank_lines=True)
    faults, count, bad = Faults(collect=True), 0, set()
    for row in read_rows(path, known, faults):
        try:
            fields = reader.task.in_columns(row.fields, row.where, reader.named)
            if not count:
                reader.columns = columns.find(path, fields, labelled=False)
            count += 1
            reader.check(row.fields, row.where)
            reader.seen.update(dict.fromkeys(row.fields))
        except UserError as error:
            # Without columns nothing of the file can be read.
            if not count:
                raise
            faults.add(str(error))
            bad.add(row.where)
    if faults.count and not skip_bad:
        faults.refuse(str(path), count - len(bad))
    if faults.count:
        # The output holds answers alone.
        named = faults.describe(str(path))
        print(f"skipped {faults.count:,} rows of {path}: {named}", file=sys.stderr)
    rows = (row for row in read_rows(path, known, Faults(collect=True)) if row.where not in bad)
    return _yield_records(rows, reader, reader.columns)


def _yield_records(
    rows: Iterable[Row], reader: RecordReader, columns: dict[str, str]
) -> Iterator[Record]:
    """Yield the rows of a file as records, and tell the reader which file is read."""
    reader.columns = columns
    for row in rows:
        # A row of words beside rows of texts has a form of its own, and lacks no text.
        texts = {name: row.fields.get(name) for name in reader.columns_of(row.fields).values()}
        yield {**texts, **row.fields} if texts.keys() - row.fields else dict(row.fields)


def read_lines(path: Path, flag: str) -> tuple[str, ...]:
    """Return the lines of a file that have a word.

    Args:
        path: The file, in UTF-8.
        flag: What names it.

    Raises:
        UserError: It cannot be read, is no UTF-8, or has no such lines.
    """
    wanted = "give a file of UTF-8 with one text a line."
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UserError(f"{flag} {path}: {error.strerror}; {wanted}") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{flag} {path} is not UTF-8 (byte 0x{error.object[error.start]:02x} at "
            f"{error.start}): {wanted}"
        ) from None
    found = tuple(line for line in lines if line.strip())
    if not found:
        raise UserError(f"{flag} {path} has no texts: {wanted}")
    return found


def merge(
    record: Mapping[str, Any], answer: Mapping[str, Any], others: Iterable[str] = ()
) -> Record:
    """Return a record with its answer; what the record says itself stays.

    Args:
        record: The columns of a row.
        answer: Values by name, each of which is written behind `predicted_` if it has to be.
        others: The columns that other rows have, whose answers have the same names.

    >>> merge({"id": 7, "label": "bad"}, {"label": "good", "probability": 0.9})
    {'id': 7, 'label': 'bad', 'predicted_label': 'good', 'probability': 0.9}
    >>> merge({"label": "bad", "predicted_label": "good"}, {"label": "bad"})
    {'label': 'bad', 'predicted_label': 'good', 'predicted_predicted_label': 'bad'}
    >>> merge({"id": 8}, {"label": "bad"}, others=["label"])
    {'id': 8, 'predicted_label': 'bad'}

    An answer by class was written to a table as a column a class.

    >>> merge({"probabilities.bad": "0.7"}, {"probabilities": {"bad": 0.6}})
    {'probabilities.bad': '0.7', 'predicted_probabilities': {'bad': 0.6}}
    """
    merged, taken = dict(record), {*record, *others}
    for name, value in answer.items():
        while name in taken or any(is_class_column(key, name, value) for key in taken):
            name = f"predicted_{name}"
        merged[name] = value
    return merged
