"""The table `[prompts]`: how a language model is asked, and what that may cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .config_fields import Table, option

if TYPE_CHECKING:
    from ..teachers.language_models.prompt_settings import PromptSettings


@dataclass(frozen=True)
class PromptConfig(Table):
    """The table `[prompts]`, of a teacher that is told what classes mean."""

    classes: str = option(
        "", "TOML file: what is asked or what classes mean; teachers openai:, similar:, few:, nli:"
    )
    template: str = option(
        "This text is about {}.", "sentence that a teacher nli: weighs, {} for what a class means"
    )
    orders: int = option(1, "orders of the classes in which each text is asked; their mean counts")
    votes: int = option(0, "answers to draw of a server that tells no probabilities; 0 takes one")
    requests: int = option(8, "requests on their way at the same time")
    answer_seconds: float = option(60.0, "seconds that an answer is waited for")
    answer_tokens: int = option(0, "tokens of an answer that is written; 0 for the task's default")
    price_in: float = option(0.0, "price of a million tokens that the language model reads")
    price_out: float = option(0.0, "price of a million tokens that it writes")
    max_cost: float = option(0.0, "what all calls together may cost; 0 for any amount")
    max_calls: int = option(0, "how many calls there may be; 0 for any number")
    audit: int = option(0, "labelled training texts to compare its answers with before all others")
    min_accuracy: float = option(0.0, "the task's first score that it has to reach there, 0 to 1")
    ask_test: bool = option(False, "ask it for the test texts too, to report its scores there")

    def settings(self, folder: Path) -> PromptSettings:
        """Return how the language model is asked.

        Args:
            folder: Where its answers are kept.
        """
        from ..teachers.language_models.class_asker import Manner
        from ..teachers.language_models.prompt_settings import PromptSettings
        from ..teachers.language_models.spending import Prices

        most = (self.max_cost or math.inf, self.max_calls or math.inf)
        return PromptSettings(
            Path(self.classes).expanduser(),
            folder,
            Manner(max(self.orders, 1), self.votes, max(self.requests, 1)),
            Prices(self.price_in, self.price_out, *most),
            self.answer_seconds,
            self.answer_tokens,
        )
