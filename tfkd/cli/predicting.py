"""`tfkd predict`: lines in, answers out, as they come. No TensorFlow here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import UserError
from ..runtime import Classifier
from ..text.batching import chunks

Record = dict[str, Any]


def texts(lines: Iterable[str], column: str = "text", where: str = "stdin") -> Iterator[Record]:
    """A record for each line of plain text.

    >>> list(texts(["a film\\n"]))
    [{'text': 'a film'}]
    """
    for number, line in _counted(lines, where):
        if not line.strip():
            raise UserError(f"line {number} of {where} is empty: give one text a line.")
        yield {column: line.rstrip("\n")}


def objects(lines: Iterable[str], column: str = "text", where: str = "stdin") -> Iterator[Record]:
    """A record for each line of JSON, an object with the text in `column`; the rest is kept.

    >>> list(objects(['{"id": 7, "text": "a film"}']))
    [{'id': 7, 'text': 'a film'}]
    """
    for number, line in _counted(lines, where):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UserError(f"line {number} of {where} is not JSON ({error}).") from error
        found = record.get(column) if isinstance(record, dict) else None
        if not isinstance(found, str) or not found.strip():
            raise UserError(
                f'line {number} of {where} has no text: give {{"{column}": "..."}}, or name the '
                "column with --text-column."
            )
        yield record


def answered(
    classifier: Classifier, records: Iterable[Record], column: str = "text", batch_size: int = 1
) -> Iterator[Record]:
    """Each record with `label`, `probability` and `probabilities`, in the order given.

    `batch_size` texts are answered together: more in a second, and each a little later. Raises
    `UserError` for fewer than one.
    """
    if batch_size < 1:
        raise UserError(f"batch_size is {batch_size}: write at least 1.")
    for chunk in chunks(iter(records), batch_size):
        for record, found in zip(
            chunk, classifier.predict([each[column] for each in chunk]), strict=True
        ):
            yield {**record, **found._asdict()}


def _counted(lines: Iterable[str], where: str) -> Iterator[tuple[int, str]]:
    """Lines by number, that which is no UTF-8 told by it."""
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            yield number, line
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where} is not UTF-8 (byte 0x{error.object[error.start]:02x} behind line {number}): "
            "give the texts as UTF-8."
        ) from error
