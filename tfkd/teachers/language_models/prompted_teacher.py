"""A language model behind an address that is asked for the classes of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from .class_asker import CHANCES, FEW, ClassAsker
from .class_guide import ClassGuide
from .language_model import CallEstimate, LanguageModel
from .prompt_settings import PromptSettings
from .prompts import ask_for_class, group_classes
from .server_address import Address
from .spending import most_tokens


class PromptedTeacher(LanguageModel):
    """Gives how likely each class is for texts, and keeps what it was told.

    Args:
        spec: `openai:MODEL@ADDRESS`.
        guide: What the classes mean.
        settings: How it is asked.

    Raises:
        UserError: No such address.
    """

    def __init__(self, spec: str, guide: ClassGuide, settings: PromptSettings) -> None:
        super().__init__(spec, settings)
        self.guide = guide
        self.asker = ClassAsker(self.client, guide, self.journal, settings.manner)

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
        """Return what asking for texts takes at most, as if every group were looked into.

        Nothing is sent. Calls that fail and are tried again are not counted.

        Args:
            texts: The texts.
        """
        different = [text for text in dict.fromkeys(texts) if not self.asker.knows(text)]
        questions, manner = _list_questions(len(self.guide.names)), self.settings.manner
        times = manner.orders * max(manner.votes, 1)
        calls = times * len(questions) * len(different)
        tokens = times * sum(self._most_tokens(text, questions) for text in different)
        if different and not self.asker.mode:
            # The first call of all may only show that the server tells no probabilities.
            calls += 1
            tokens += self._most_tokens(different[0], questions[:1])
        # A server that tells no probabilities writes a few tokens.
        written = calls * (1 if self.asker.mode == CHANCES else FEW)
        cost = self.settings.prices.cost(tokens, written)
        return CallEstimate(len(different), calls, tokens, cost)

    def _most_tokens(self, text: str, questions: Sequence[list[list[int]]]) -> int:
        """Return how many tokens some questions of a text have together, at most."""
        asked = (ask_for_class(self.guide, text, options) for options in questions)
        return sum(most_tokens(each.messages) for each in asked)


def _list_questions(count: int) -> list[list[list[int]]]:
    """Return the options of each question that a text may be asked: groups, and each one's classes.

    >>> [len(options) for options in _list_questions(45)], _list_questions(2)
    ([3, 15, 15, 15], [[[0], [1]]])
    """
    groups = group_classes(count)
    if len(groups) == count:
        return [groups]
    return [groups, *([[number] for number in group] for group in groups)]


def mark_of(address: Address, guide: ClassGuide, votes: int, *more: int) -> str:
    """Return what tells the answers to some questions from others.

    Args:
        address: The model and its server.
        guide: What the classes mean.
        votes: Answers that are drawn of each text.
        more: What else makes a difference.
    """
    return hashlib.sha256(repr((address, guide.digest, votes, *more)).encode()).hexdigest()[:16]
