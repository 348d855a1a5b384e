"""A tokenizer by which no text has an end token within."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ..text import TextEncoder


@dataclass
class SingleEndEncoder(TextEncoder):
    """A tokenizer of a model that answers at the last end token, such as a BART that classifies.

    Such a model wants as many of them in each row of a batch: with one more in one text, the
    others get vectors that are not theirs. `</s>` is in many texts, as HTML.

    Args:
        end: The end token, as letters.
        instead: What the model gets where a text holds these letters.
    """

    end: str = ""
    instead: str = ""

    def read(self, text: str) -> str:
        """Return what the tokenizer gets of a text."""
        return super().read(text).replace(self.end, self.instead)


def with_single_end(encoder: TextEncoder, config: Any) -> TextEncoder:
    """Return a tokenizer that reads end tokens within a text as something unknown.

    That of a model without a decoder, which does not look for them, comes back as it is.

    Args:
        encoder: The tokenizer.
        config: The settings of its model, as transformers holds them.
    """
    end_id = getattr(config, "eos_token_id", None)
    if not getattr(config, "is_encoder_decoder", False) or not isinstance(end_id, int):
        return encoder
    end = encoder.tokenizer.id_to_token(end_id)
    if not end:
        return encoder
    unknown = ("<unk>", "[UNK]")
    known = [piece for piece in unknown if encoder.tokenizer.token_to_id(piece) is not None]
    settings = {field.name: getattr(encoder, field.name) for field in fields(TextEncoder)}
    return SingleEndEncoder(**settings, end=end, instead=(*known, " ")[0])
