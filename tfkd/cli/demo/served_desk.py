"""Replies of a service desk that runs here, behind the page."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...runtime.service_desk import ServiceDesk, read_desk
from .served_answers import MOST_CHARACTERS


class ServedDesk:
    """Replies to what was typed, one at a time: an interpreter has one set of tensors.

    Args:
        folder: That of a finished desk.
    """

    def __init__(self, folder: Path) -> None:
        self.desk = ServiceDesk.load(folder)
        self._folder, self._turn = folder, threading.Lock()

    def describe(self) -> dict[str, Any]:
        """Return what the page says of the desk, as plain values."""
        files = read_desk(self._folder)
        known = [label for label in self.desk.intents.labels if label not in self.desk.unknown]
        return {
            "name": self._folder.resolve().name,
            "bytes": [
                (self._folder / files[name]).stat().st_size
                for name in ("intents", "answers", "index")
            ],
            "intents": len(known),
            "answers": len(set(map(str, self.desk.index.entries))),
            "ask_below": self.desk.intents.ask_below or 0.0,
        }

    def answer(self, body: bytes) -> dict[str, Any]:
        """Return the reply to a question.

        Args:
            body: JSON, `{"question": ...}`.

        Returns:
            The fields of a `DeskReply`, and the time that it `took`, in milliseconds.

        Raises:
            UserError: Other JSON, an empty question, or one that is too long.
        """
        question = self._read(body)
        with self._turn:
            start = time.perf_counter()
            reply = self.desk.reply(question)
            took = 1000 * (time.perf_counter() - start)
        return {**reply.to_dict(), "took": took}

    def _read(self, body: bytes) -> str:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or set(found) != {"question"}:
            raise UserError('this is no JSON of a question: send {"question": "..."}.')
        question = found["question"]
        if not isinstance(question, str) or not question.strip():
            raise UserError("the question is empty: give at least one word.")
        if len(question) > MOST_CHARACTERS:
            raise UserError(
                f"the question has {len(question):,} characters: give at most {MOST_CHARACTERS:,}."
            )
        return question
