"""Masks with bounded numbers in place of -1e9, so that integers have room for the rest.

An attention mask adds -1e9 (or the lowest float32) to what must not be seen. One scale for a
tensor of 8 bits then has a step of 4 million, and all that may be seen becomes zero. A logit of a
word that is padding stands in an output itself, and is bounded even closer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ..text.words import NO_CELL

BOUND = -50.0
"exp(-50) is 2e-22: nothing is seen through it, and 8 bits have steps of 0.25."
PADDING = -20.0
"exp(-20) is 2e-9: no class of padding counts, and 8 bits have steps below 0.2."
# No other constant of a network is a single number as low.
_MASKS = -1e3
_FLOATS = (tf.float32.as_datatype_enum, tf.float16.as_datatype_enum)


def bound_masks(folder: Path) -> int:
    """Bound each single constant below -1000 in a SavedModel; return how many there were."""
    from tensorflow.core.protobuf import saved_model_pb2

    file = folder / "saved_model.pb"
    model = saved_model_pb2.SavedModel()
    model.ParseFromString(file.read_bytes())
    changed = sum(_bound(node) for node in _constants(model))
    file.write_bytes(model.SerializeToString())
    return changed


def _constants(model: Any) -> Iterator[Any]:
    for graph in model.meta_graphs:
        functions = graph.graph_def.library.function
        for nodes in (graph.graph_def.node, *(function.node_def for function in functions)):
            yield from (node for node in nodes if node.op == "Const")


def _bound(node: Any) -> bool:
    """Bound a constant in place, if it is a mask; return whether it is."""
    tensor = node.attr["value"].tensor
    if tensor.dtype not in _FLOATS:
        return False
    value = tf.make_ndarray(tensor)
    if value.size != 1 or not value.item() < _MASKS:
        return False
    bound = PADDING if value.item() == NO_CELL else BOUND
    tensor.CopyFrom(tf.make_tensor_proto(np.full_like(value, bound)))
    return True
