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
        # A server that tells no probabilities writes a few tokens.
        written = calls * (1 if self.asker.mode == CHANCES else FEW)
        cost = self.settings.prices.cost(tokens, written)
        return CallEstimate(len(different), calls, tokens, cost)


def mark_of(address: Address, guide: ClassGuide, votes: int, *more: int) -> str:
    """Return what tells the answers to some questions from others.

    Args:
        address: The model and its server.
        guide: What the classes mean.
        votes: Answers that are drawn of each text.
        more: What else makes a difference.
    """
    return hashlib.sha256(repr((address, guide.digest, votes, *more)).encode()).hexdigest()[:16]
