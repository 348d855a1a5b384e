"""Smaller `seq2seq` students that write: fewer blocks of encoder and decoder, weights by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import keras

from ...errors import UserError
from ...models.decoders.finding_graphs import find_graphs
from ...models.decoders.transformer_graphs import TransformerSeq2Seq, count_blocks
from ...models.decoders.transformer_layers import SPLIT, TABLE
from ..seq2seq import seq2seq
from .layer_choice import choose_layers

OTHER_WRITER = (
    "shrink copies blocks of a seq2seq that tfkd made, or layers of one encoder, and this model is "
    "another with a decoder: take a student that writes, seq2seq:small, which learns by sequence "
    "(--task-set level=sequence)."
)
PARTS = ("encoder", "decoder")


def is_seq2seq(model: Any) -> bool:
    """Return whether a model is a `seq2seq` by the names of its layers, and nothing around it."""
    return isinstance(model, keras.Model) and isinstance(find_graphs(model), TransformerSeq2Seq)


def writing_student(
    teacher: keras.Model, layers: int | Sequence[Any] | None, *, cut: Sequence[str]
) -> keras.Model:
    """Make a `seq2seq` with fewer blocks; embeddings, norms and the blocks kept are copied.

    Args:
        teacher: A `seq2seq`.
        layers: How many blocks of the encoder and of the decoder, spread evenly over the teacher's;
            or the numbers of those of each. None keeps all.
        cut: What else is to become smaller: nothing can.

    Raises:
        UserError: Anything but two such numbers, more blocks than there are, something else to cut.
    """
    if cut:
        raise UserError(f"a seq2seq keeps its {cut[0]}: leave {cut[0]} out, and write layers=.")
    names = {layer.name for layer in teacher.layers}
    counts = [count_blocks(names, part) for part in PARTS]
    if layers is None:
        layers = counts
    if isinstance(layers, int) or len(layers) != len(PARTS):
        raise UserError(
            f"layers={layers!r} of a seq2seq of {counts[0]} blocks in its encoder and {counts[1]} "
            f"in its decoder: write two numbers, such as layers=({counts[0]}, 1)."
        )
    keep = {
        part: _choose(part, wanted, count)
        for part, wanted, count in zip(PARTS, layers, counts, strict=True)
    }
    small = seq2seq(
        teacher.get_layer(TABLE).input_dim,
        width=teacher.get_layer(TABLE).output_dim,
        heads=teacher.get_layer(SPLIT).target_shape[1],
        dropout=teacher.get_layer("encoder_embeddings").rate,
        encoder=len(keep["encoder"]),
        decoder=len(keep["decoder"]),
    )
    for layer in small.layers:
        if layer.weights:
            layer.set_weights(teacher.get_layer(_name_before(layer.name, keep)).get_weights())
    return small


def _choose(part: str, wanted: Any, count: int) -> tuple[int, ...]:
    try:
        return choose_layers(wanted, count)
    except UserError as error:
        raise UserError(f"the {part}: {error}") from None


def _name_before(name: str, keep: dict[str, tuple[int, ...]]) -> str:
    """Return what a layer of the smaller model is called in the larger one.

    >>> _name_before("encoder_1_self_query", {"encoder": (0, 3)}), _name_before("encoder_norm", {})
    ('encoder_3_self_query', 'encoder_norm')
    """
    return re.sub(
        r"^(encoder|decoder)_(\d+)(?=_|$)",
        lambda match: f"{match[1]}_{keep[match[1]][int(match[2])]}",
        name,
    )
