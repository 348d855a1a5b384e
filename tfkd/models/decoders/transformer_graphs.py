"""A transformer with encoder and decoder, as a pass over the source and a step a token."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from .parts_of_models import CACHE, MEMORY, TOKENS, Specs, Tensors
from .transformer_layers import (
    SPLIT,
    TABLE,
    Block,
    KeysAndValues,
    count_from_zero,
    hide_padding,
    place,
    read_source,
)

HIDES = f"{MEMORY}hides"


class TransformerSeq2Seq:
    """The graphs of a student `seq2seq`, made of its layers.

    Args:
        model: The student.

    Attributes:
        encode_inputs: What `encode` reads.
        step_inputs: What `step` reads.
    """

    def __init__(self, model: keras.Model) -> None:
        self._get = model.get_layer
        names = {layer.name for layer in model.layers}
        self._encoder = count_blocks(names, "encoder")
        self._blocks = [
            Block(self._get, f"decoder_{number}", sees_source=True)
            for number in range(count_blocks(names, "decoder"))
        ]
        _, *heads = self._get(SPLIT).target_shape
        seen = (None, heads[0], None, heads[1])
        self.encode_inputs: Specs = {"input_ids": ((None, None), "int32")}
        self.step_inputs: Specs = {
            TOKENS: ((None, 1), "int32"),
            HIDES: ((None, 1, 1, None), "float32"),
        }
        kind = model.compute_dtype
        for name in (MEMORY, CACHE):
            for number in range(len(self._blocks)):
                self.step_inputs |= dict.fromkeys(names_of(name, number), (seen, kind))

    def encode(self, inputs: Tensors) -> dict[str, Any]:
        """Return the keys and values of the source in each block, and what hides its padding.

        Args:
            inputs: `input_ids`, padded with 0.
        """
        encoded = read_source(self._get, inputs["input_ids"], self._encoder)
        memory = {HIDES: hide_padding(inputs["input_ids"])}
        for number, block in enumerate(self._blocks):
            assert block.of_source is not None
            memory |= named(MEMORY, number, block.of_source.look_at(encoded))
        return memory

    def step(self, inputs: Tensors) -> dict[str, Any]:
        """Return the logits of the next token, and the caches with this one.

        Args:
            inputs: One token of each text, the memory and the caches.
        """
        get, tokens = self._get, inputs[TOKENS]
        past = ops.shape(inputs[names_of(CACHE, 0)[0]])[2]
        positions = count_from_zero(tokens) + past
        hidden = get("decoder_embeddings")(place(get, get(TABLE)(tokens), positions))
        caches: dict[str, Any] = {}
        for number, block in enumerate(self._blocks):
            seen = taken(inputs, CACHE, number).followed_by(block.look_at(hidden))
            source = taken(inputs, MEMORY, number)
            # All that is in the cache stands before this token.
            hidden = block(hidden, seen, None, source, inputs[HIDES])
            caches |= named(CACHE, number, seen)
        logits = get(TABLE)(get("decoder_norm")(hidden)[:, -1], reverse=True)
        return {"logits": ops.cast(logits, "float32"), **caches}


def count_blocks(names: set[str], part: str) -> int:
    """Return how many blocks a part of a model has.

    Args:
        names: Those of its layers.
        part: `encoder` or `decoder`.

    >>> count_blocks({"encoder_0", "encoder_1", "encoder_norm"}, "encoder")
    2
    """
    count = 0
    while f"{part}_{count}" in names:
        count += 1
    return count


def names_of(prefix: str, number: int) -> tuple[str, str]:
    """Return what the keys and the values of a block are called.

    Args:
        prefix: `memory_` or `cache_`.
        number: Of the block.
    """
    return f"{prefix}keys_{number}", f"{prefix}values_{number}"


def named(prefix: str, number: int, seen: KeysAndValues) -> dict[str, Any]:
    """Return the keys and values of a block by their names.

    Args:
        prefix: `memory_` or `cache_`.
        number: Of the block.
        seen: They.
    """
    return dict(zip(names_of(prefix, number), (seen.keys, seen.values), strict=True))


def taken(inputs: Tensors, prefix: str, number: int) -> KeysAndValues:
    """Return the keys and values of a block.

    Args:
        inputs: Tensors by name.
        prefix: `memory_` or `cache_`.
        number: Of the block.
    """
    keys, values = (inputs[name] for name in names_of(prefix, number))
    return KeysAndValues(keys, values)
