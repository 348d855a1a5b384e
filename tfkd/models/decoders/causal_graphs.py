"""A causal transformer as a step that reads one token or several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from ...text.decoding.growing_caches import GrowingCaches
from .parts_of_models import CACHE, TOKENS, Graphs, Specs, Tensors
from .stepping import compiled
from .transformer_graphs import count_blocks, named, names_of, taken
from .transformer_layers import SPLIT, TABLE, Block, count_from_zero, hide_later, place


class TransformerCausal:
    """The graph of a student `causal`, made of its layers; there is no source to encode.

    Args:
        model: The student.

    Attributes:
        encode_inputs: Nothing.
        step_inputs: What `step` reads.
    """

    def __init__(self, model: keras.Model) -> None:
        self._get = model.get_layer
        count = count_blocks({layer.name for layer in model.layers}, "decoder")
        self._blocks = [Block(self._get, f"decoder_{number}") for number in range(count)]
        _, *heads = self._get(SPLIT).target_shape
        seen = (None, heads[0], None, heads[1])
        self.encode_inputs: Specs = {}
        self.step_inputs: Specs = {TOKENS: ((None, None), "int32")}
        for number in range(count):
            self.step_inputs |= dict.fromkeys(names_of(CACHE, number), (seen, model.compute_dtype))

    def encode(self, inputs: Tensors) -> dict[str, Any]:
        """Return nothing: a text is gone on with, and there is no source.

        Args:
            inputs: None.
        """
        return {}

    def step(self, inputs: Tensors) -> dict[str, Any]:
        """Return the logits of the token after the last one, and the caches with all of them.

        Args:
            inputs: The next tokens of each text, and the caches.
        """
        get, tokens = self._get, inputs[TOKENS]
        past = count_from_zero(inputs[names_of(CACHE, 0)[0]][:, 0, :, 0])
        positions = count_from_zero(tokens) + ops.shape(past)[1]
        bias = hide_later(positions, ops.concatenate([past, positions], axis=1))
        hidden = get("decoder_embeddings")(place(get, get(TABLE)(tokens), positions))
        caches: dict[str, Any] = {}
        for number, block in enumerate(self._blocks):
            seen = taken(inputs, CACHE, number).followed_by(block.look_at(hidden))
            hidden = block(hidden, seen, bias)
            caches |= named(CACHE, number, seen)
        logits = get(TABLE)(get("decoder_norm")(hidden)[:, -1], reverse=True)
        return {"logits": ops.cast(logits, "float32"), **caches}


def open_causal(graphs: Graphs, encoder: Any) -> GrowingCaches:
    """Return a student without a source as what says which token may come next.

    Args:
        graphs: Its graphs.
        encoder: Its tokenizer, of which the tokens of start and end are taken.

    Raises:
        UserError: The tokenizer has no such tokens.
    """
    step = compiled(graphs.step, graphs.step_inputs)

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        outputs = step({name: tf.constant(array) for name, array in inputs.items()})
        return {name: tensor.numpy() for name, tensor in outputs.items()}

    caches = {name: spec for name, spec in graphs.step_inputs.items() if name != TOKENS}
    return GrowingCaches(run, caches, encoder.start_id, encoder.end_id)
