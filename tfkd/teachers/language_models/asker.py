"""Ask for many texts at once: each once, and none any more once one of them cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from .answer_journal import AnswerJournal
from .http_client import ChatClient, Unanswered

MODE = "mode"
"""The key of what the first answer showed of the server."""


@dataclass
class AnswerTally:
    """What came of the questions.

    Attributes:
        outside: The probability of what is no letter, of each question.
        missing: Texts without an answer, with the reason.
    """

    outside: list[float] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


class Asker:
    """Gives answers for texts, from a journal or by asking. A subclass asks for one.

    Args:
        client: Sends the questions.
        journal: Keeps the answers.
        at_once: Requests on their way at the same time.
    """

    def __init__(self, client: ChatClient, journal: AnswerJournal, at_once: int) -> None:
        self._client, self.journal, self._at_once = client, journal, at_once
        self.spending = client.spending
        self._stop = Event()
        self.tally = AnswerTally()

    @property
    def mode(self) -> str:
        """What the server can do, once an answer has come."""
        found = self.journal.find(MODE)
        return found["mode"] if found else ""

    def ask(
        self, texts: Sequence[str], advance: Callable[[int], None] = lambda done: None
    ) -> list[Any | None]:
        """Return the answer for each text; None where none came.

        A text that comes twice is asked once. Where one question shows that none can be answered,
        or a limit is reached, those on their way are waited for and kept.

        Args:
            texts: The texts.
            advance: Is called with the number of texts done.

        Raises:
            UserError: A limit is reached, the server refuses, or the model cannot be asked so.
        """
        different = list(dict.fromkeys(texts))
        self._stop.clear()
        found: dict[str, Any | None] = {}
        if different and not self.mode:
            # It shows what the server can do, and is a text like any other.
            found[different[0]] = self._ask_or_count(different[0])
            advance(1)
        rest = different[len(found) :]
        with ThreadPoolExecutor(self._at_once) as pool:
            futures = {text: pool.submit(self._ask_unless_stopped, text) for text in rest}
            try:
                for text, future in futures.items():
                    found[text] = future.result()
                    advance(1)
            except BaseException:
                self._stop.set()
                raise
        return [found[text] for text in texts]

    def _ask_unless_stopped(self, text: str) -> Any | None:
        if self._stop.is_set():
            return None
        try:
            return self._ask_or_count(text)
        except BaseException:
            self._stop.set()
            raise

    def _ask_or_count(self, text: str) -> Any | None:
        try:
            found = self.ask_one(text)
        except Unanswered as error:
            self.tally.missing[text] = self._client.hide_key(str(error))
            return None
        self.tally.missing.pop(text, None)
        return found

    def ask_one(self, text: str) -> Any:
        """Return the answer for one text.

        Raises:
            Unanswered: There is none.
        """
        raise NotImplementedError

    def knows(self, text: str) -> bool:
        """Return whether a text has an answer already."""
        raise NotImplementedError
