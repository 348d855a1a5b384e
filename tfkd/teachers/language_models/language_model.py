"""A language model behind an address: what is asked of it, what that costs, and its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .answer_journal import AnswerJournal
from .asker import Asker
from .http_client import ChatClient, Patience
from .prompt_settings import PromptSettings
from .server_address import Address, read_address
from .spending import Spending

KIND = "openai"
"""What its specs begin with: `openai:MODEL@http://HOST:PORT/v1`."""


@dataclass(frozen=True)
class CallEstimate:
    """What asking for some texts takes at most, without the answers that are kept already.

    Attributes:
        texts: How many texts there are, each once.
        calls: How many requests, at most; where classes are in groups, all are looked into.
        tokens: How many tokens the model reads, at most: one for each byte.
        cost: What that costs, at most.
    """

    texts: int
    calls: int
    tokens: int
    cost: float


class LanguageModel:
    """A model of a server, with a journal of its answers. A subclass knows what it is asked.

    Args:
        spec: `openai:MODEL@ADDRESS`.
        settings: How it is asked.

    Raises:
        UserError: No such address.
    """

    asker: Asker

    def __init__(self, spec: str, settings: PromptSettings) -> None:
        self.address, self.settings = address_in(spec), settings
        self.journal = AnswerJournal(settings.folder)
        self.spending = Spending(settings.prices, *self.journal.spent())
        patience = Patience(settings.seconds)
        self.client = ChatClient(
            self.address, self.spending, patience=patience, note=self.journal.note_call
        )

    def ask(
        self, texts: Sequence[str], advance: Callable[[int], None] = lambda done: None
    ) -> list[Any | None]:
        """Return the answer for each text; None where none came.

        Args:
            texts: The texts.
            advance: Is called with the number of texts done.

        Raises:
            UserError: A limit is reached, or the model cannot be asked so.
        """
        try:
            return self.asker.ask(texts, advance)
        finally:
            self.client.close()
            self.journal.close()

    @property
    def missing(self) -> dict[str, str]:
        """The texts that had no answer when they were asked last, each with the reason."""
        return self.asker.tally.missing

    @property
    def fingerprint(self) -> str:
        """What tells its answers from others."""
        raise NotImplementedError

    def estimate(self, texts: Sequence[str]) -> CallEstimate:
        """Return what asking for texts takes at most; nothing is sent.

        Args:
            texts: The texts.
        """
        raise NotImplementedError


def address_in(spec: str) -> Address:
    """Return the model and its server that a spec names.

    Raises:
        UserError: It names none.
    """
    return read_address(spec.removeprefix(f"{KIND}:"))


def is_prompted(spec: Any) -> bool:
    """Return whether a spec names a language model behind an address.

    >>> is_prompted("openai:small@http://localhost:8000/v1"), is_prompted("hf:small")
    (True, False)
    """
    return isinstance(spec, str) and spec.partition(":")[0] == KIND
