"""A teacher's stored answers, which the page shows next to the student's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ... import tasks
from ...errors import UserError
from ..predicting import RecordReader

MOST = 10_000
"Answers: a page with more is no page."


def read_answers(path: Path, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Return `text`, `label` and `probability` of each line of JSON.

    Raises:
        UserError: No such file, a line that is none of that, or a class that the student has not.
    """
    reader = RecordReader(tasks.find(tasks.DEFAULT))
    try:
        with path.open(encoding="utf-8") as lines:
            return list(_checked(reader.from_json(lines, str(path)), path, classes))
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): give the JSON lines that "
            "`tfkd predict TEACHER --jsonl` writes."
        ) from error


def _checked(
    records: Iterable[dict[str, Any]], path: Path, classes: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for number, record in enumerate(records, 1):
        if not record["text"].strip():
            # An empty text has an empty answer.
            continue
        # The label of the row itself, where it has one, is not the teacher's.
        label = record.get("predicted_label", record.get("label"))
        probability = record.get("probability")
        if label not in classes:
            raise UserError(
                f"line {number} of {path} has the label {label!r}, the student knows "
                f"{', '.join(classes)}: give answers of a teacher with the same class names."
            )
        if not isinstance(probability, (int, float)) or not 0 <= probability <= 1:
            raise UserError(
                f"line {number} of {path} has the probability {probability!r}: expected a number "
                "between 0 and 1."
            )
        if number > MOST:
            raise UserError(f"{path} has more than {MOST:,} lines: give fewer.")
        yield {"text": record["text"], "label": label, "probability": probability}
