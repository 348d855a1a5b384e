"""The two graphs that a model which writes is taken apart into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Tensors = Mapping[str, Any]
Specs = dict[str, tuple[tuple[int | None, ...], str]]
"""The shape and the type of each tensor by name; `None` is any size, first that of the batch."""

TOKENS = "tokens"
MEMORY = "memory_"
"""How the names of tensors begin that each step reads and none changes."""
CACHE = "cache_"
"""How the names of tensors begin that each step reads, and returns anew."""


class Graphs(Protocol):
    """A model that writes, as two functions of tensors by name, in operations of Keras.

    Attributes:
        encode_inputs: What `encode` reads; empty of a model without a source.
        step_inputs: What `step` reads: `tokens`, the memory and the caches. A cache that `encode`
            does not give starts with the size 0 on the axis behind the batch that is `None`.
    """

    encode_inputs: Specs
    step_inputs: Specs

    def encode(self, inputs: Tensors) -> dict[str, Any]:
        """Read the source.

        Args:
            inputs: `input_ids`, padded.

        Returns:
            The memory, and caches that start from the source.
        """

    def step(self, inputs: Tensors) -> dict[str, Any]:
        """Read the next token of each text.

        Args:
            inputs: `tokens`, the memory and the caches.

        Returns:
            `logits` of the token after them, and the caches.
        """
