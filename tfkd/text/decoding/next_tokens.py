"""What a model has to be so that texts can be written with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

State = Any
"""What a model remembers of each text that is being written; only the model looks into it."""


class NextTokens(Protocol):
    """A model that says how likely each token is to come next, for several texts at once.

    Attributes:
        end_id: The token that ends a text.
    """

    end_id: int

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[State, np.ndarray]:
        """Read what each text depends on: its source, or its beginning.

        Args:
            rows: Arrays by name, as a task encodes its examples.

        Returns:
            The state, and the first token of each text, which `step` gets first, `[rows]`.
        """

    def step(self, state: State, tokens: np.ndarray) -> tuple[np.ndarray, State]:
        """Read one more token of each text.

        Args:
            state: As `begin`, `step` or `select` returned it.
            tokens: The token that each text goes on with, `[texts]`.

        Returns:
            Logits of the token after it, `[texts, vocabulary]`, float32, and the next state.
        """

    def select(self, state: State, places: np.ndarray) -> State:
        """Return the state of some of the texts, in another order, or several times.

        Args:
            state: As `begin`, `step` or `select` returned it.
            places: Which of its texts, `[texts]`.
        """
