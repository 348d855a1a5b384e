"""The parts of a transformer: what is below its first block, its blocks, and its head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import UserError
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

    Where a model has no blocks, its head is the last layer with weights, and the rest is below.

    Args:
        model: A functional Keras 3 model, which may have another one inside.
    """
    layers = list(_walk_graph(model))
    places = {id(layer): place for place, layer in enumerate(layers)}
    first, ends = find_states(model)
    if not ends or any(id(end) not in places for end in ends):
        last = max((n for n, layer in enumerate(layers) if layer.weights), default=0)
        return TransformerParts(layers[:last], [], layers[last:])
    start = places[id(first)] + (first is not ends[0])
    blocks = []
    for end in ends:
        stop = places[id(end)] + 1
        blocks.append(layers[start:stop])
        start = stop
    below = layers[: places[id(blocks[0][0])]]
    return TransformerParts(below, blocks, layers[start:])


def need_blocks(model: Any, parts: TransformerParts, way: str) -> None:
    """Refuse a model that has no blocks.

    Raises:
        UserError: It has none.
    """
    if not parts.blocks:
        raise UserError(
            f"{way} counts the blocks of a transformer, and the model {model.name!r} has none: "
            "write bitfit, lora:8,target=NAME or all."
        )


def _walk_graph(model: Any) -> Iterator[Any]:
    """Yield the layers of a model, those of models inside of it in their place, each once."""
    seen: set[int] = set()
    for layer in model.layers:
        for each in _walk_graph(layer) if is_graph(layer) else (layer,):
            if id(each) not in seen:
                seen.add(id(each))
                yield each
