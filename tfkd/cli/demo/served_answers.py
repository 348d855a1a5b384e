"""Answers of a file that runs here, behind the page: for what no library runs in a browser."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ... import tasks
from ...errors import UserError
from ...runtime import Ask, Predictor, load
from ...runtime.unsure_answers import guess_of
from ..answer_values import fields_of

MOST_CHARACTERS = 100_000


class ServedAnswers:
    """Answers to what was typed, one at a time: an interpreter has one set of tensors.

    Args:
        file: An exported file with its tokenizer.
    """

    def __init__(self, file: Path) -> None:
        self.predictor: Predictor = load(file)
        self._file, self._turn = file, threading.Lock()

    def describe(self) -> dict[str, Any]:
        """Return what the page says of the file, as plain values."""
        task = self.predictor.task
        return {
            "file": self._file.name,
            "bytes": self._file.stat().st_size,
            "quantize": self.predictor.quantize,
            "task": tasks.name_of(task),
            "fields": list(task.typed_roles()),
            "writes": task.writes,
        }

    def reply(self, body: bytes) -> dict[str, Any] | Iterator[str]:
        """Return the answer to texts by role, or the pieces of one that is written.

        Args:
            body: JSON, a text for each role of `fields`.

        Raises:
            UserError: Other JSON, a missing or an empty text, or one that is too long.
        """
        if not self.predictor.task.writes:
            return self.answer(body)
        return self._in_turn(self.predictor.stream(self._read(body)))

    def _in_turn(self, pieces: Iterator[str]) -> Iterator[str]:
        with self._turn:
            yield from pieces

    def answer(self, body: bytes) -> dict[str, Any]:
        """Return the answer to texts by role.

        Args:
            body: JSON, a text for each role of `fields`.

        Returns:
            `summary` in a few words, `values` by name, `marks` in the texts, and the time that it
            `took`, in milliseconds.

        Raises:
            UserError: Other JSON, a missing or an empty text, or one that is too long.
        """
        task, texts = self.predictor.task, self._read(body)
        with self._turn:
            start = time.perf_counter()
            (answer,) = self.predictor.predict([texts])
            took = 1000 * (time.perf_counter() - start)
        (example,) = self.predictor.examples([texts])
        guess = guess_of(answer)
        asks = "ask; the guess is " if isinstance(answer, Ask) else ""
        return {
            "summary": asks + task.summary(guess),
            "values": fields_of(self.predictor, answer),
            "marks": [dataclasses.asdict(mark) for mark in task.marks(guess, example)],
            "took": took,
        }

    def _read(self, body: bytes) -> dict[str, str]:
        roles = self.predictor.task.typed_roles()
        try:
            texts = json.loads(body)
        except (ValueError, RecursionError):
            texts = None
        if not isinstance(texts, dict) or set(texts) != set(roles):
            raise UserError(f"this is no JSON of texts by role: send {', '.join(roles)}.")
        for role, text in texts.items():
            if not isinstance(text, str) or not text.strip():
                raise UserError(f"{role} is empty: give at least one word.")
            if len(text) > MOST_CHARACTERS:
                raise UserError(
                    f"{role} has {len(text):,} characters: give at most {MOST_CHARACTERS:,}."
                )
        return texts
