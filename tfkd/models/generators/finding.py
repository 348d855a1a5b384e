"""Find out how a model of another library writes."""

from __future__ import annotations

from typing import Any

from ...text.decoding import NextTokens


def find_generator(model: Any, encoder: Any) -> NextTokens | None:
    """Return what a model may write next, with what it remembers; None of a model that cannot tell.

    A model may have a method `next_tokens(encoder)` that gives it.

    Args:
        model: A language model of transformers, or any other.
        encoder: Its tokenizer.

    Raises:
        UserError: No token ends its texts.
    """
    own = getattr(model, "next_tokens", None)
    if own is not None:
        return own(encoder)
    if not hasattr(model, "generation_config"):
        return None
    from .generate_settings import settings_of_model
    from .tensorflow_generators import TensorFlowCausal

    # Of its folder, whose generation_config.json transformers may not have seen.
    known = getattr(model, "writing", None)
    return TensorFlowCausal(model, known or settings_of_model(model))
