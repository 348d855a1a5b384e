"""What all tasks have in common whose models give the logits of the next token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...data import Schema
from .._base import Task

if TYPE_CHECKING:
    from ...text import Encoder

VOCABULARY = "vocabulary"
"""The setting of a schema that holds the size of a model's vocabulary."""


class WritesTokens(Task):
    """A task whose models write, token by token, from one table for what they read and write."""

    writes = True
    tokenizer_kind = "bpe"
    headline_is_mean = False
    perturbable = False
    kept_logits: ClassVar[int] = 32

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return one logit for each of any number of tokens, at each token that is written."""
        return {"logits": (None, 0)}

    def schema_with(self, schema: Schema, encoder: Encoder) -> Schema:
        """Return the schema with the size of the model's vocabulary."""
        return Schema(schema.labels, {**schema.settings, VOCABULARY: encoder.vocab_size})

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return the logits of the token after each one, by the table that embeds tokens."""
        return {"logits": features.next_tokens(schema.settings.get(VOCABULARY))}
