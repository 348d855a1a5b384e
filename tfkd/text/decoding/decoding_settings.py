"""How a text is written: greedily, by beams or by drawing, and how long it gets."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from ...errors import UserError

MOST_TOKENS = 4_096
"""Of a text: a model that has hardly learnt ends none, and each is written to its last token."""


@dataclass(frozen=True)
class Decoding:
    """How the next token is chosen, and when a text ends.

    Attributes:
        beams: Texts that are followed at once; 1 takes the likeliest token each time.
        longest: Most tokens of a text, without those of start and end.
        shortest: Fewest tokens.
        length_penalty: A finished text is judged by its score, divided by its number of tokens
            (its end among them) to this power (Wu et al. 2016, arXiv:1609.08144): 0 prefers short
            texts, 1 the mean of the log-probabilities.
        no_repeat: No run of so many tokens occurs twice in a text; 0 allows all.
        temperature: Draws each token from the probabilities of the logits, divided by it; 0 takes
            the likeliest.
        top_k: Draws from so many of the likeliest tokens; 0 from all.
        top_p: Draws from the fewest of the likeliest tokens that have this probability together.
        seed: Of the draw.

    >>> Decoding(beams=4).length_penalty
    1.0
    """

    beams: int = 1
    longest: int = 64
    shortest: int = 0
    length_penalty: float = 1.0
    no_repeat: int = 0
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for setting, least, wanted in (
            ("beams", 1, "a whole number, at least 1"),
            ("longest", 1, "a whole number, at least 1"),
            ("shortest", 0, "a whole number, 0 or more"),
            ("no_repeat", 0, "a whole number, 0 or more"),
            ("top_k", 0, "a whole number, 0 or more"),
            ("seed", 0, "a whole number, 0 or more"),
        ):
            value = getattr(self, setting)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise UserError(f"{setting} is {value!r}: write {wanted}.")
        for setting in ("length_penalty", "temperature", "top_p"):
            value = getattr(self, setting)
            whole = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not whole or not math.isfinite(value) or value < 0:
                raise UserError(f"{setting} is {value!r}: write a number, 0 or more.")
        if self.longest > MOST_TOKENS:
            raise UserError(f"longest is {self.longest}: write at most {MOST_TOKENS:,} tokens.")
        if self.shortest > self.longest:
            raise UserError(
                f"shortest is {self.shortest} and longest {self.longest}: write a smaller shortest."
            )
        if not 0 < self.top_p <= 1:
            raise UserError(f"top_p is {self.top_p!r}: write a share above 0, at most 1.")
        if self.temperature and self.beams > 1:
            raise UserError(
                f"beams is {self.beams} and temperature {self.temperature}: beams take the "
                "likeliest texts and a temperature draws, so give one of them."
            )


SETTINGS: dict[str, Any] = {field.name: field.default for field in fields(Decoding)}
"""The name of each setting, with its default."""
