"""A recurrent model as a pass over the source, and a step a token whose state does not grow."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from .parts_of_models import CACHE, MEMORY, TOKENS, Specs, Tensors
from .recurrent_layers import GRU, RecurrentDecoder, read_source
from .transformer_graphs import HIDES, count_blocks, named, names_of, taken
from .transformer_layers import SPLIT, TABLE, hide_padding

STATE = f"{CACHE}state_"


class RecurrentSeq2Seq:
    """The graphs of a student `gru_seq2seq`, made of its layers.

    A loop over the source is in `encode`, which so converts to LiteRT for one source at a time.

    Args:
        model: The student.

    Attributes:
        encode_inputs: What `encode` reads.
        step_inputs: What `step` reads.
    """

    def __init__(self, model: keras.Model) -> None:
        self._get = model.get_layer
        names = {layer.name for layer in model.layers}
        self._encoder = count_blocks(names, "encoder_gru")
        count = count_blocks(names, "decoder_gru")
        self._decoder = RecurrentDecoder(self._get, count)
        self._states = [f"{STATE}{number}" for number in range(count)]
        _, *heads = self._get(SPLIT).target_shape
        kind, width = model.compute_dtype, self._get(f"{GRU}0").units
        self.encode_inputs: Specs = {"input_ids": ((None, None), "int32")}
        self.step_inputs: Specs = {
            TOKENS: ((None, 1), "int32"),
            HIDES: ((None, 1, 1, None), "float32"),
            **dict.fromkeys(names_of(MEMORY, 0), ((None, heads[0], None, heads[1]), kind)),
            **dict.fromkeys(self._states, ((None, width), kind)),
        }

    def encode(self, inputs: Tensors) -> dict[str, Any]:
        """Return the keys and values of the source, what hides its padding, and the first states.

        Args:
            inputs: `input_ids`, padded with 0.
        """
        ids = inputs["input_ids"]
        encoded = read_source(self._get, ids, self._encoder)
        states = self._decoder.start(encoded, ids)
        return {
            HIDES: hide_padding(ids),
            **named(MEMORY, 0, self._decoder.attention.look_at(encoded)),
            **dict(zip(self._states, states, strict=True)),
        }

    def step(self, inputs: Tensors) -> dict[str, Any]:
        """Return the logits of the next token, and the states behind this one.

        Args:
            inputs: One token of each text, the memory and the states.
        """
        states = [inputs[name] for name in self._states]
        source = taken(inputs, MEMORY, 0)
        hidden, states = self._decoder.step(inputs[TOKENS], states, source, inputs[HIDES])
        logits = ops.cast(self._get(TABLE)(hidden[:, -1], reverse=True), "float32")
        return {"logits": logits, **dict(zip(self._states, states, strict=True))}
