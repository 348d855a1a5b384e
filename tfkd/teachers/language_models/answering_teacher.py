"""A language model behind an address that is asked for answers as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from .answer_asker import AnswerAsker, AnswerForm
from .language_model import CallEstimate, LanguageModel
from .prompt_settings import PromptSettings
from .spending import most_tokens


class AnsweringTeacher(LanguageModel):
    """Gives an object of JSON for each example, and keeps what it was told.

    Args:
        spec: `openai:MODEL@ADDRESS`.
        form: What an answer looks like.
        settings: How it is asked.

    Raises:
        UserError: No such address.
    """

    def __init__(self, spec: str, form: AnswerForm, settings: PromptSettings) -> None:
        super().__init__(spec, settings)
        self.form = form
        at_once = settings.manner.at_once
        self.asker = AnswerAsker(self.client, form, self.journal, at_once=at_once)

    @property
    def fingerprint(self) -> str:
        """What tells its answers from others: model, server and question."""
        return hashlib.sha256(repr((self.address, self.form.digest)).encode()).hexdigest()[:16]

    def estimate(self, texts: Sequence[str]) -> CallEstimate:
        """Return what asking takes at most; nothing is sent.

        Args:
            texts: Examples, as the language model reads them.
        """
        different = [text for text in dict.fromkeys(texts) if not self.asker.knows(text)]
        tokens = sum(most_tokens(self.form.messages(text)) for text in different)
        cost = self.settings.prices.cost(tokens, len(different) * self.form.tokens)
        return CallEstimate(len(different), len(different), tokens, cost)
