"""How a language model is asked for classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .class_asker import Manner
from .spending import Prices


@dataclass(frozen=True)
class PromptSettings:
    """How a language model is asked.

    Attributes:
        classes: The file that says what is asked, and what the classes mean.
        folder: Where its answers are kept.
        manner: How texts are asked.
        prices: What calls cost, and what may be spent.
        seconds: How long an answer is waited for.
        tokens: How many tokens an answer has that is written as JSON; 0 for what the task expects.
    """

    classes: Path
    folder: Path
    manner: Manner = field(default_factory=Manner)
    prices: Prices = field(default_factory=Prices)
    seconds: float = 60.0
    tokens: int = 0
