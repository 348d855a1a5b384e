"""A text that a model has written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hypothesis:
    """One text that a model has written, and how likely it is to the model.

    Attributes:
        ids: The tokens, without those of start and end; empty where a model gives texts alone.
        text: The text, without special tokens.
        score: The sum of the log-probabilities of all tokens, that of the end among them; None
            where a model does not tell.
        finished: Whether the model ended it; False where it was cut at the greatest length.
    """

    ids: tuple[int, ...]
    text: str
    score: float | None = None
    finished: bool = True
