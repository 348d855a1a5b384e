"""Texts written by whole passes of a teacher: of one that remembers nothing between two tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..models.generators import WritingSettings
from ..models.input_names import IDS, MASKS
from ..models.text_model import TextModel
from ..text.decoding import FullPasses
from ..text.words import DECODER_IDS


class WholePasses(FullPasses):
    """A `NextTokens` that knows how a model ends its texts, and how many positions it has.

    Args:
        model: The model with its tokenizer.
        settings: How it begins and ends a text.
    """

    def __init__(self, model: TextModel, settings: WritingSettings) -> None:
        self._settings = settings
        names = tuple(name for name in model.model.text_inputs if name not in MASKS)
        super().__init__(model.run, model.encoder, names)

    def step(self, state: Any, tokens: np.ndarray) -> tuple[np.ndarray, Any]:
        """Return the logits of the token after all those of each text.

        Args:
            state: What each text depends on, and its tokens.
            tokens: One more for each.
        """
        logits, state = super().step(state, tokens)
        return self._settings.choose_from(logits), state

    def room(self, rows: Sequence[Mapping[str, Any]]) -> int | None:
        """Return how many tokens may be written; None where the model counts no positions.

        Args:
            rows: What texts are written of, or their beginnings.
        """
        longest = max(len(row[IDS[0]]) for row in rows)
        return self._settings.room(None if self._written == DECODER_IDS else longest)


def whole_passes(model: Any, encoder: Any) -> WholePasses:
    """Return what a model may write next, by whole passes.

    Args:
        model: A teacher that writes, with its `output_shapes` and settings of `writing`.
        encoder: Its tokenizer.
    """
    whole = TextModel(model, encoder, shapes=dict(model.output_shapes))
    return WholePasses(whole, model.writing)
