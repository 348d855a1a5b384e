"""A language model behind an address that is asked for the classes of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .answer_journal import AnswerJournal
from .class_asker import ClassAsker
from .class_guide import ClassGuide
from .http_client import Address, ChatClient, Patience, read_address
from .prompt_settings import PromptSettings
from .prompts import ask_for_class, group_classes
from .spending import Spending, most_tokens

KIND = "openai"
"""What its specs begin with: `openai:MODEL@http://HOST:PORT/v1`."""


@dataclass(frozen=True)
class CallEstimate:
    """What asking for some texts takes at most, without the answers that are kept already.

    Attributes:
        texts: How many texts there are, each once.
        calls: How many requests; where classes are in groups, one group is looked into.
        tokens: How many tokens the model reads, at most: one for each byte.
        cost: What that costs, at most.
    """

    texts: int
    calls: int
    tokens: int
    cost: float


class PromptedTeacher:
    """Gives how likely each class is for texts, and keeps what it was told.

    Args:
        spec: `openai:MODEL@ADDRESS`.
        guide: What the classes mean.
        settings: How it is asked.

    Raises:
        UserError: No such address.
    """

    def __init__(self, spec: str, guide: ClassGuide, settings: PromptSettings) -> None:
        self.address = address_in(spec)
        self.guide, self.settings = guide, settings
        self.journal = AnswerJournal(settings.folder)
        self.spending = Spending(settings.prices, *self.journal.spent())
        patience = Patience(settings.seconds)
        self._client = ChatClient(
            self.address, self.spending, patience=patience, note=self.journal.note_call
        )
        self.asker = ClassAsker(self._client, guide, self.journal, settings.manner)

    def ask(
        self, texts: Sequence[str], advance: Callable[[int], None] = lambda done: None
    ) -> list[np.ndarray | None]:
        """Return how likely each class is, for each text; None where no answer came.

        Args:
            texts: The texts.
            advance: Is called with the number of texts done.

        Raises:
            UserError: A limit is reached, or the model cannot be asked so.
        """
        try:
            return self.asker.ask(texts, advance)
        finally:
            self._client.close()
            self.journal.close()

    @property
    def missing(self) -> dict[str, str]:
        """The texts that had no answer when they were asked last, each with the reason."""
        return self.asker.tally.missing

    @property
    def outside(self) -> float:
        """The mean probability of what is no class, over the questions of this process."""
        found = self.asker.tally.outside
        return float(np.mean(found)) if found else 0.0

    @property
    def fingerprint(self) -> str:
        """What tells its answers from others: model, server, classes, orders and votes."""
        return mark_of(
            self.address, self.guide, self.settings.manner.votes, self.settings.manner.orders
        )

    def estimate(self, texts: Sequence[str]) -> CallEstimate:
        """Return what asking for texts takes at most; nothing is sent.

        Args:
            texts: The texts.
        """
        different = [text for text in dict.fromkeys(texts) if not self.asker.knows(text)]
        groups = group_classes(len(self.guide.names))
        manner = self.settings.manner
        a_text = manner.orders * max(manner.votes, 1) * (1 + (len(groups[0]) > 1))
        calls = a_text * len(different)
        tokens = sum(
            a_text * most_tokens(ask_for_class(self.guide, text, groups).messages)
            for text in different
        )
        cost = self.settings.prices.cost(tokens, calls * (4 if manner.votes else 1))
        return CallEstimate(len(different), calls, tokens, cost)


def address_in(spec: str) -> Address:
    """Return the model and its server that a spec names.

    Raises:
        UserError: It names none.
    """
    return read_address(spec.removeprefix(f"{KIND}:"))


def mark_of(address: Address, guide: ClassGuide, votes: int, *more: int) -> str:
    """Return what tells the answers to some questions from others.

    Args:
        address: The model and its server.
        guide: What the classes mean.
        votes: Answers that are drawn of each text.
        more: What else makes a difference.
    """
    return hashlib.sha256(repr((address, guide.digest, votes, *more)).encode()).hexdigest()[:16]


def is_prompted(spec: Any) -> bool:
    """Return whether a spec names a language model behind an address.

    >>> is_prompted("openai:small@http://localhost:8000/v1"), is_prompted("hf:small")
    (True, False)
    """
    return isinstance(spec, str) and spec.partition(":")[0] == KIND
