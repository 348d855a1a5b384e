"""A block of an encoder, as plain layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Call = Callable[..., Any]


@dataclass(frozen=True)
class PlainBlock:
    """The layers of a block of attention and feed-forward layers.

    Attributes:
        attend: Returns what the tokens of `(query, visible)` take, and the probabilities.
        attention_drop: The dropout of what they take.
        attention_add: Adds that.
        attention_norm: The norm of the sum; of what goes in where norms come first.
        inner: The first dense layer, with its activation.
        outer: The second one.
        drop: The dropout of what they give.
        add: Adds that.
        norm: The norm of the sum; of what goes in where norms come first.
        norms_first: Whether they do.
    """

    attend: Call
    attention_drop: Call
    attention_add: Call
    attention_norm: Call
    inner: Call
    outer: Call
    drop: Call
    add: Call
    norm: Call
    norms_first: bool = False

    def __call__(self, hidden: Any, visible: Any) -> tuple[Any, Any]:
        """Return the next vectors of tokens, and the probabilities of the attention.

        Args:
            hidden: Vectors of tokens, `[batch, tokens, width]`.
            visible: A mask of what may be seen, as `attend` takes it; None if all may.
        """
        first = self.norms_first
        normed = self.attention_norm(hidden) if first else hidden
        taken, probabilities = self.attend(normed, visible)
        hidden = self.attention_add([hidden, self.attention_drop(taken)])
        hidden = hidden if first else self.attention_norm(hidden)
        inner = self.inner(self.norm(hidden) if first else hidden)
        hidden = self.add([hidden, self.drop(self.outer(inner))])
        return hidden if first else self.norm(hidden), probabilities
