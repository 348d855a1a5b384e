"""How many ids a student knows."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from ..errors import UserError


def check_vocabulary(student, size: int) -> None:
    """Refuse `size` ids for a student whose token embedding has fewer rows.

    Where no embedding takes the ids themselves (custom layers), the largest one must hold them.
    """
    rows = max(_rows(student), default=size)
    if size > rows:
        raise UserError(
            f"the encoder has {size} ids and the embedding of {student.name!r} {rows} rows: "
            "give the encoder that the student was trained with."
        )


def id_limit(student) -> int:
    """A bound below which each id is known to every embedding; 2 where there is none."""
    return min(_rows(student), default=2)


def _rows(student) -> list[int]:
    """The rows of the embeddings that take the ids themselves, or else of all."""
    vocabulary = getattr(getattr(student, "config", None), "vocab_size", None)
    if vocabulary:  # Hugging Face's
        return [int(vocabulary)]
    layers = list(_embeddings(student))
    direct = [layer.input_dim for layer in layers if _takes_inputs(layer, student)]
    return direct or [layer.input_dim for layer in layers]


def _embeddings(student) -> Iterator[keras.layers.Embedding]:
    for layer in student._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.Embedding):
            yield layer


def _takes_inputs(layer, student) -> bool:
    inputs = {id(each) for each in getattr(student, "inputs", None) or ()}
    nodes = getattr(layer, "_inbound_nodes", ())
    return any(id(each) in inputs for node in nodes for each in node.arguments.keras_tensors)
