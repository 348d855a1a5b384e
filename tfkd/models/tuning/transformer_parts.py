"""The parts of a transformer: what is below its first block, its blocks, and its head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras

from ...errors import UserError
from ..keras_internals import input_tensors, layer_behind
from ..layers import find_states, is_graph


@dataclass(frozen=True)
class TransformerParts:
    """The layers of a Keras 3 model, in the order in which they run.

    Attributes:
        below: Those before the first block, such as embeddings.
        blocks: Those of each block, of which the last one is where the block ends.
        head: All behind the last block: a pooler, the last norm, the layers of the outputs.
    """

    below: list[Any]
    blocks: list[list[Any]]
    head: list[Any]

    @property
    def ends(self) -> list[Any]:
        """The layers whose outputs are those of the blocks."""
        return [block[-1] for block in self.blocks]


def find_parts(model: Any) -> TransformerParts:
    """Tell the parts of a model apart.

    Where a model has no blocks, its head is the last layer with weights of each output, and the
    rest is below.

    Args:
        model: A functional Keras 3 model, which may have another one inside.
    """
    layers = list(_walk_graph(model))
    places = {id(layer): place for place, layer in enumerate(layers)}
    first, ends = find_states(model)
    if not ends or any(id(end) not in places for end in ends):
        head = list(_last_layers(getattr(model, "outputs", ())))
        return TransformerParts(_without(layers, head), [], head or layers)
    if first is ends[0]:
        starts = [places[id(first)], *(places[id(end)] + 1 for end in ends)]
        blocks = [layers[start:stop] for start, stop in pairwise(starts)]
    else:
        # By name: what else a model has stands between them, such as what a text is written from.
        own = [[e for e in layers if e.name.startswith(f"{end.name}_")] for end in ends]
        blocks = [[*inside, end] for inside, end in zip(own, ends, strict=True)]
    inside = [layer for block in blocks for layer in block]
    last = places[id(ends[-1])]
    return TransformerParts(
        _without(layers[:last], inside), blocks, _without(layers[last + 1 :], inside)
    )


def need_blocks(
    model: Any,
    parts: TransformerParts,
    way: str,
    *,
    instead: str = "write bitfit, lora:8,target=NAME or all",
) -> None:
    """Refuse a model that has no blocks.

    Args:
        model: The model.
        parts: Its parts.
        way: What counts blocks.
        instead: What to write.

    Raises:
        UserError: It has none.
    """
    if not parts.blocks:
        raise UserError(
            f"{way} counts the blocks of a transformer, and the model {model.name!r} has none: "
            f"{instead}."
        )


def _last_layers(tensors: Iterable[Any]) -> Iterator[Any]:
    """Yield the last layers with weights on the ways to the outputs of a model, each once."""
    seen: set[int] = set()
    todo = list(tensors)
    while todo:
        layer = layer_behind(todo.pop())
        if layer is None or id(layer) in seen:
            continue
        seen.add(id(layer))
        if is_graph(layer):
            todo += layer.outputs
        # A table that gives the outputs too is where the model begins.
        elif getattr(layer, "weights", ()) and not isinstance(layer, keras.layers.Embedding):
            yield layer
        else:
            todo += input_tensors(layer)


def _without(layers: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    known = {id(layer) for layer in others}
    return [layer for layer in layers if id(layer) not in known]


def _walk_graph(model: Any) -> Iterator[Any]:
    """Yield the layers of a model, those of models inside of it in their place, each once."""
    seen: set[int] = set()
    for layer in model.layers:
        for each in _walk_graph(layer) if is_graph(layer) else (layer,):
            if id(each) not in seen:
                seen.add(id(each))
                yield each
