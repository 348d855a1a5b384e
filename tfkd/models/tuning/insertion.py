"""Layers that are inserted into a model's graph: adapters behind its blocks, vectors before them.

The graph is built again around the layers that there are, which keep their weights. All that is new
are layers and operations of Keras, so that the model loads without tfkd.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from ...errors import UserError
from ..layers import is_graph, walk

_SPREAD = 0.02
_PROMPT_SPREAD = 0.5
_MASK = "padding_mask"
_PROMPT = "prompt"
Call = Callable[..., Any]
"""Calls a layer on its inputs, and returns what the layers behind it read."""


def add_adapters(
    model: Any, ends: Sequence[Any], *, units: int, seed: int
) -> tuple[Any, list[Any]]:
    """Put an adapter behind each block: two layers with a narrow middle, around which inputs pass.

    Houlsby et al. 2019, arXiv:1902.00751, in the place of Pfeiffer et al. 2020, arXiv:2005.00247.
    At the start an adapter changes nothing.

    Args:
        model: A functional Keras 3 model.
        ends: The layers at which its blocks end.
        units: Of the middle.
        seed: Of the initial weights.

    Returns:
        A model with the same layers and the adapters, and the layers of these.

    Raises:
        UserError: A model that has adapters, or is not functional.
    """
    _refuse_again(model, [_adapter_name(end) for end in ends], f"adapter:{units}")
    added: dict[int, list[Any]] = {}

    def call(layer: Any, *args: Any, **options: Any) -> Any:
        outputs = layer(*args, **options)
        number = next((n for n, end in enumerate(ends) if end is layer), None)
        if number is None:
            return outputs
        if number not in added:
            added[number] = _make_adapter(layer, outputs.shape[-1], units, seed + number)
        down, up, add = added[number]
        return add([outputs, up(down(outputs))])

    rebuilt = rebuild(model, ends, call)
    return rebuilt, [layer for adapter in added.values() for layer in adapter]


def add_prompt(
    model: Any, blocks: Sequence[Any], *, count: int, seed: int
) -> tuple[Any, list[Any]]:
    """Put learnt vectors before those of the tokens, in front of the first block.

    Lester et al. 2021, arXiv:2104.08691. They have no position, and leave the model behind the last
    block, so that whatever reads the first token reads it as before.

    Args:
        model: A functional Keras 3 model.
        blocks: Its blocks, layers of KerasHub.
        count: How many vectors.
        seed: Of the initial vectors.

    Returns:
        A model with the same layers and the vectors, and the layer of these.

    Raises:
        UserError: Blocks that take no mask of tokens, or a model that has such vectors.
    """
    _refuse_again(model, [_PROMPT], f"prompt:{count}")
    if not all(_MASK in inspect.signature(block.call).parameters for block in blocks):
        raise UserError(
            f"prompt:{count}: the blocks of {model.name!r} are several layers each, or read no "
            "padding_mask: prompts are for encoders of KerasHub, e.g. hf:FOLDER of a BERT or "
            "RoBERTa; write adapter:64."
        )
    initial = keras.initializers.RandomNormal(stddev=_PROMPT_SPREAD, seed=seed)
    added: list[Any] = []

    def call(layer: Any, hidden: Any, *args: Any, **options: Any) -> Any:
        if not any(layer is block for block in blocks):
            return layer(hidden, *args, **options)
        one = ops.ones_like(hidden[:, :1, 0], dtype="int32")
        ones = ops.tile(one, [1, count])
        if layer is blocks[0]:
            if not added:
                width, kind = hidden.shape[-1], layer.dtype_policy
                added.append(
                    keras.layers.Embedding(
                        count, width, embeddings_initializer=initial, dtype=kind, name=_PROMPT
                    )
                )
            vectors = added[0](ops.cumsum(ones, axis=1) - 1)
            hidden = ops.concatenate([ops.cast(vectors, hidden.dtype), hidden], axis=1)
        if options.get(_MASK) is not None:
            mask = options[_MASK]
            options[_MASK] = ops.concatenate([ops.cast(ones, mask.dtype), mask], axis=1)
        hidden = layer(hidden, *args, **options)
        return hidden[:, count:] if layer is blocks[-1] else hidden

    return rebuild(model, blocks, call), added


def rebuild(model: Any, changed: Sequence[Any], call: Call) -> Any:
    """Build a functional model again from its own layers.

    Args:
        model: The model, which stays as it is.
        changed: The layers around which something changes; models inside without them stay whole.
        call: Calls a layer.

    Raises:
        UserError: It, or a model inside with such a layer, is not functional.
    """
    if not is_graph(model) or isinstance(model, keras.Sequential):
        raise UserError(
            f"adapters and prompts are inserted into functional Keras models, and {model.name!r} "
            f"is a {type(model).__name__}: write bitfit or lora:8."
        )
    inside: dict[int, Any] = {}

    def call_any(layer: Any, *args: Any, **options: Any) -> Any:
        if not is_graph(layer) or not _holds(layer, changed):
            return call(layer, *args, **options)
        if id(layer) not in inside:
            inside[id(layer)] = rebuild(layer, changed, call)
        return inside[id(layer)](*args, **options)

    return keras.models.clone_model(
        model, clone_function=lambda layer: layer, call_function=call_any
    )


def _make_adapter(block: Any, width: int, units: int, seed: int) -> list[Any]:
    """Return the layers of an adapter, with names that follow the block's."""
    name, kind = _adapter_name(block), block.dtype_policy
    initial = keras.initializers.TruncatedNormal(stddev=_SPREAD, seed=seed)
    return [
        keras.layers.Dense(
            units, activation="gelu", kernel_initializer=initial, dtype=kind, name=f"{name}_down"
        ),
        keras.layers.Dense(width, kernel_initializer="zeros", dtype=kind, name=f"{name}_up"),
        keras.layers.Add(dtype=kind, name=name),
    ]


def _adapter_name(block: Any) -> str:
    return f"{block.name}_adapter"


def _refuse_again(model: Any, names: Sequence[str], way: str) -> None:
    """Refuse a model with layers of these names, of an earlier training.

    Raises:
        UserError: It has one.
    """
    found = next((layer.name for _, layer in walk(model) if layer.name in names), None)
    if found:
        raise UserError(
            f"{way}: the model {model.name!r} has a layer {found!r} already, so it was tuned in "
            "this way before: write all, head, bitfit or lora:8, or tune so in one stage alone."
        )


def _holds(model: Any, layers: Sequence[Any]) -> bool:
    return any(layer is each for _, layer in walk(model) for each in layers)
