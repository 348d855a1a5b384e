"""Whole blocks: what is computed beside a residual connection, and can be left out with it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .axis_walk import list_outputs, order_calls
from .graph_calls import Tensor, list_tensors, tensor_key
from .importance import Sum, Weights

_NORMS = ("LayerNormalization", "RMSNormalization")
# What attends to places multiplies two tensors.
_ATTENDING = frozenset(("Softmax", "Matmul", "Einsum", "MultiHeadAttention"))


@dataclass(frozen=True)
class ResidualBlock:
    """A part of a graph in whose place its input can stand.

    Attributes:
        before: What it reads.
        after: What it gives.
        layers: What is computed for it alone.
    """

    before: Tensor
    after: Tensor
    layers: frozenset[str]


def find_blocks(model: Any) -> list[ResidualBlock]:
    """Return the blocks of a functional model: an attention with the feed-forward layers behind it.

    Args:
        model: The model. A residual connection without an attention is a block of its own.
    """
    graph = _Reads(model.get_config())
    weighted = {layer.name for layer in model.layers if layer.weights}
    blocks: list[ResidualBlock] = []
    for tensor in list(graph.reads):
        block = graph.block_at(tensor)
        if block is None or not block.layers & weighted:
            continue
        last = blocks[-1] if blocks else None
        if last and last.after == block.before and graph.attends(last) > graph.attends(block):
            blocks[-1] = ResidualBlock(last.before, block.after, last.layers | block.layers)
        else:
            blocks.append(block)
    return blocks


def sum_of_blocks(blocks: Sequence[ResidualBlock]) -> Sum:
    """Return what adds up the numbers of all weights of each block.

    Args:
        blocks: In the order of the sums.
    """

    def add_up(weights: Weights) -> np.ndarray:
        sums = {key: float(each.sum(dtype="float64")) for key, each in weights.items()}
        return np.array(
            [sum(value for key, value in sums.items() if key[0] in each.layers) for each in blocks]
        )

    return add_up


def leave_out(config: Mapping[str, Any], blocks: Iterable[ResidualBlock]) -> dict[str, Any]:
    """Return the configuration of a model without some of its blocks.

    Args:
        config: Of the model.
        blocks: What is left out.
    """
    made = copy.deepcopy(dict(config))
    blocks = list(blocks)
    instead = {block.after: block.before for block in blocks}
    gone = {name for block in blocks for name in block.layers}
    made["layers"] = [each for each in made["layers"] if each["name"] not in gone]
    for entry in made["layers"]:
        for tensor in list_tensors(entry["inbound_nodes"]):
            key = tensor_key(tensor)
            while key in instead:
                key = instead[key]
            tensor["keras_history"] = list(key)
    return made


class _Reads:
    """Which tensors each tensor is computed from, in an order in which they can be."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._kinds = {each["name"]: each["class_name"] for each in config["layers"]}
        self._calls = {each["name"]: len(each["inbound_nodes"]) for each in config["layers"]}
        self._outputs = list_outputs(config)
        self._shapes: dict[Tensor, list] = {}
        self.reads: dict[Tensor, list[Tensor]] = {}
        self._readers: dict[Tensor, list[Tensor]] = {}
        self._behind: dict[Tensor, set[Tensor]] = {}
        for entry, number in order_calls(config):
            key = (entry["name"], number, 0)
            found = list(list_tensors(entry["inbound_nodes"][number]))
            self.reads[key] = [tensor_key(each) for each in found]
            self._behind[key] = set(self.reads[key])
            for tensor, each in zip(self.reads[key], found, strict=True):
                self._shapes[tensor] = each["shape"]
                self._readers.setdefault(tensor, []).append(key)
                self._behind[key] |= self._behind.get((*tensor[:2], 0), set())

    def attends(self, block: ResidualBlock) -> bool:
        """Return whether a block is an attention."""
        return any(self._kinds[name] in _ATTENDING for name in block.layers)

    def block_at(self, tensor: Tensor) -> ResidualBlock | None:
        """Return the block whose last tensor but for a normalisation is a residual connection's.

        Args:
            tensor: What two tensors may be added to.
        """
        reads = self.reads[tensor]
        if self._kinds[tensor[0]] != "Add" or len(reads) != 2:
            return None
        before = next((a for a, b in (reads, reads[::-1]) if a in self._behind.get(b, ())), None)
        if before is None or self._shapes[reads[0]] != self._shapes[reads[1]]:
            return None
        after, readers = tensor, self._readers.get(tensor, [])
        if len(readers) == 1 and self._is_normed(readers[0]) and self._is_normed(before):
            # Both ends of a block that normalises last are normalised.
            after = readers[0]
        layers = self._needed({}) - self._needed({after: before})
        single = all(self._calls[name] == 1 for name in layers)
        # Positions may be counted from the vectors that they are added to.
        single = single and not any(self._kinds[name] == "Embedding" for name in layers)
        if after in self._outputs or not {tensor[0], after[0]} <= layers or not single:
            return None
        return ResidualBlock(before, after, layers)

    def _is_normed(self, tensor: Tensor) -> bool:
        """Return whether a tensor is a normalisation's, behind dropouts or not."""
        while self._kinds[tensor[0]] == "Dropout":
            (tensor,) = self.reads[tensor]
        return self._kinds[tensor[0]] in _NORMS

    def _needed(self, instead: Mapping[Tensor, Tensor]) -> frozenset[str]:
        """Return the layers that the outputs need where some tensors stand for others."""
        waiting, needed = list(self._outputs), set[Tensor]()
        while waiting:
            tensor = instead.get(waiting[-1], waiting[-1])
            waiting.pop()
            if tensor not in needed:
                needed.add(tensor)
                # All that a call returns is made at once.
                waiting.extend(self.reads.get((*tensor[:2], 0), ()))
        return frozenset(name for name, *_ in needed)
