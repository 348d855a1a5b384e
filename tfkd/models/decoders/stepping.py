"""The two graphs of a model, compiled, as what says which token may come next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ...text.batching import pad_rows
from ...text.decoding.full_passes import check_ends
from .parts_of_models import CACHE, TOKENS, Graphs, Specs

State = dict[str, tf.Tensor]


class Steps:
    """A `NextTokens` that reads the source once, and each token once.

    Args:
        graphs: The graphs of the model.
        encoder: Its tokenizer.

    Attributes:
        end_id: The token that ends a text.

    Raises:
        UserError: The tokenizer has no tokens that start and end a text.
    """

    def __init__(self, graphs: Graphs, encoder: Any) -> None:
        self.end_id, self._start_id = encoder.end_id, encoder.start_id
        check_ends(self._start_id, self.end_id)
        self._specs = graphs.step_inputs
        self._reads = tuple(graphs.encode_inputs)
        self._encode = compiled(graphs.encode, graphs.encode_inputs)
        self._step = compiled(graphs.step, graphs.step_inputs)

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[State, np.ndarray]:
        """Read the source of each text, and return the token that it starts with."""
        batch = pad_rows(rows, self._reads)
        known = self._encode({name: tf.constant(batch[name]) for name in self._reads})
        state = {
            name: known[name] if name in known else _empty(shape, kind, len(rows))
            for name, (shape, kind) in self._specs.items()
            if name != TOKENS
        }
        return state, np.full(len(rows), self._start_id, "int32")

    def step(self, state: State, tokens: np.ndarray) -> tuple[np.ndarray, State]:
        """Read one more token of each text."""
        read = tf.constant(np.asarray(tokens, "int32")[:, None])
        outputs = self._step({TOKENS: read, **state})
        caches = {name: each for name, each in outputs.items() if name.startswith(CACHE)}
        return outputs["logits"].numpy(), {**state, **caches}

    def select(self, state: State, places: np.ndarray) -> State:
        """Return the state of some of the texts, in another order, or several times."""
        return {name: tf.gather(each, places) for name, each in state.items()}


def compiled(graph: Any, specs: Specs) -> Any:
    """Return a graph as a TensorFlow function that takes tensors of any size where it may.

    Args:
        graph: A function of tensors by name.
        specs: The shape and the type of each.
    """
    signature = {name: tf.TensorSpec(*spec, name=name) for name, spec in specs.items()}
    return tf.function(graph, input_signature=[signature], autograph=False)


def _empty(shape: tuple[int | None, ...], kind: str, count: int) -> tf.Tensor:
    """Return a cache of no tokens."""
    return tf.zeros((count, *(size or 0 for size in shape[1:])), kind)
