"""A model that writes, by the numbers that a student has for its tokens: padding is 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ...text.decoding import NextTokens, State
from ..input_names import DECODER_IDS, IDS
from .finding import find_generator
from .weight_digest import digest_weights
from .wrapped_texts import WrappedTexts

_NUMBERS = (IDS[0], DECODER_IDS[0])


class RenumberedTexts(WrappedTexts):
    """A model whose ids are others, and of which those that its tokenizer lacks are left out.

    So a student with the same tokenizer may learn how likely each token is: it takes 0 for padding,
    as a BART does not, and has a row for each token, while a T5 has some more.

    Args:
        model: The model.
        encoder: The tokenizer by whose ids it reads.
        own: The model's id of each token, by the number that it has here.
    """

    def __init__(self, model: Any, encoder: Any, own: np.ndarray) -> None:
        super().__init__(model)
        self._encoder, self._own = encoder, own

    @property
    def output_shapes(self) -> Mapping[str, tuple[int | None, ...]]:
        """The shape of each output for one text."""
        return {"logits": (None, len(self._own))}

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> dict[str, Any]:
        """Return the outputs by name, the logits in the order of the numbers here.

        Args:
            inputs: Ids, or arrays by name.
            reads: The names of the outputs.
        """
        if isinstance(inputs, Mapping):
            read: Any = {
                name: tf.gather(self._own, array) if name in _NUMBERS else array
                for name, array in inputs.items()
            }
        else:
            read = tf.gather(self._own, inputs)
        outputs = self._held(read, reads)
        return {**outputs, "logits": tf.gather(outputs["logits"], self._own, axis=-1)}

    def next_tokens(self, encoder: Any) -> RenumberedTokens:
        """Return what may come next, with what the model remembers.

        Args:
            encoder: Its tokenizer, by the numbers here.

        Raises:
            UserError: No token starts or ends its texts.
        """
        found = find_generator(self._wrapped, self._encoder)
        assert found is not None  # of a model that writes
        return RenumberedTokens(found, self._own, encoder.end_id)

    @property
    def fingerprint(self) -> str:
        """That of the model; its numbers are those of its tokenizer."""
        own = getattr(self._wrapped, "fingerprint", None)
        return str(own) if own else digest_weights(self._wrapped)


class RenumberedTokens:
    """A `NextTokens` by other numbers of its tokens.

    Args:
        model: The model.
        own: Its id of each token, by the number that it has here.
        end_id: The number here of the token that ends a text.

    Attributes:
        end_id: The number of the token that ends a text.
    """

    def __init__(self, model: NextTokens, own: np.ndarray, end_id: int) -> None:
        self.end_id, self._model, self._own = end_id, model, own

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[State, np.ndarray]:
        """Read what each text depends on.

        Args:
            rows: Arrays by name.
        """
        read = [
            {name: self._own[row[name]] if name in _NUMBERS else row[name] for name in row}
            for row in rows
        ]
        state, first = self._model.begin(read)
        ours = {int(theirs): number for number, theirs in enumerate(self._own)}
        return state, np.array([ours[int(token)] for token in first], "int32")

    def room(self, rows: Sequence[Mapping[str, Any]]) -> int | None:
        """Return how many tokens may be written; None where the model counts no positions.

        Args:
            rows: Arrays by name.
        """
        room = getattr(self._model, "room", None)
        return None if room is None else room(rows)

    def step(self, state: State, tokens: np.ndarray) -> tuple[np.ndarray, State]:
        """Read one more token of each text.

        Args:
            state: What is remembered.
            tokens: One for each text.
        """
        logits, state = self._model.step(state, self._own[tokens])
        return logits[:, self._own], state

    def select(self, state: State, places: np.ndarray) -> State:
        """Return what is remembered of some of the texts.

        Args:
            state: What is remembered.
            places: Which texts.
        """
        return self._model.select(state, places)
