"""A tokenizer that puts the same words before each text that is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from .encoder import TextEncoder


@dataclass
class PrefixedEncoder(TextEncoder):
    """A tokenizer of a model that is told in words what to do, as a T5: `summarize: `.

    What is to be written gets no such words, and neither does a student, which does one thing.
    """

    prefix: str = ""

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, with the words before it."""
        return super().encode_many([self.prefix + text for text in texts])


def with_prefix(encoder: TextEncoder, prefix: str) -> TextEncoder:
    """Return a tokenizer that puts words before each text that is read.

    Args:
        encoder: The tokenizer.
        prefix: The words, with the blank behind them.

    >>> from tokenizers import Tokenizer
    >>> from tokenizers.models import WordLevel
    >>> from tokenizers.pre_tokenizers import Whitespace
    >>> plain = Tokenizer(WordLevel({"<pad>": 0, "do": 1, "a": 2}, "a"))
    >>> plain.pre_tokenizer = Whitespace()
    >>> with_prefix(TextEncoder(plain), "do ").encode("a")
    [1, 2]
    """
    settings = {field.name: getattr(encoder, field.name) for field in fields(TextEncoder)}
    return PrefixedEncoder(**settings, prefix=prefix)
