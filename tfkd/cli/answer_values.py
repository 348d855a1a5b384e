"""Answers of a file as plain values by name, and as lines. No TensorFlow here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..data import Example
from ..errors import UserError
from ..runtime import Ask, Predictor
from ..runtime.unsure_answers import guess_of
from .predicting import Record, RecordReader


class AnswerFields:
    """Answers as plain values by name; those of records without a text have the same names.

    Args:
        predictor: The file.
        reader: Knows what the task reads of a record.
    """

    def __init__(self, predictor: Predictor, reader: RecordReader) -> None:
        self._predictor, self._reader = predictor, reader
        self._blank: Record | None = None

    @property
    def columns(self) -> Iterable[str]:
        """All columns of the files that are answered, whose values stay what they are."""
        return self._reader.seen

    def of(self, answer: Any) -> Record:
        """Return the values of an answer, or of none."""
        if answer is not None:
            return fields_of(self._predictor, answer)
        if self._blank is None:
            some = self._predictor.task.make_example("a", "a")
            try:
                (answer,) = self._predictor.predict([some])
            except UserError:
                # The task reads more than texts, and has no example by itself.
                self._blank = {"answer": None}
            else:
                self._blank = _without_values(fields_of(self._predictor, answer))
        return self._blank


def fields_of(predictor: Predictor, answer: Any) -> Record:
    """Return the values of an answer by name; of a file that may ask, whether it does.

    Args:
        predictor: The file.
        answer: As it gave it; the values of an `Ask` are those of its guess.
    """
    task, given = predictor.task, guess_of(answer)
    if predictor.ask_below is None:
        return task.to_json(given)
    confidence = task.confidence(given)
    known = confidence is not None and math.isfinite(confidence)
    asked = {"ask": isinstance(answer, Ask), "confidence": confidence if known else None}
    return {**task.to_json(given), **asked}


def line_of(predictor: Predictor, answer: Any, example: Example) -> str:
    """Return an answer as one line for a terminal; of an `Ask`, the word before its guess.

    Args:
        predictor: The file.
        answer: As it gave it.
        example: The example that it is of.
    """
    line = predictor.task.line(guess_of(answer), example)
    return f"ask  {line}" if isinstance(answer, Ask) else line


def _without_values(fields: Any) -> Any:
    """Return the same names with nothing in them.

    >>> _without_values({"label": "good", "probabilities": {"good": 1.0}})
    {'label': None, 'probabilities': {'good': None}}
    """
    if not isinstance(fields, dict):
        return [] if isinstance(fields, list) else None
    return {name: _without_values(value) for name, value in fields.items()}
