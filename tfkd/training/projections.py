"""The trainable weights of losses: which layers they join, and who trains them."""

from __future__ import annotations

from collections.abc import Iterator

from ..losses._base import Objective
from ..losses.layer_maps import Pairs, format_layer_map


def layer_maps(objective: Objective, student, teacher) -> dict[str, Pairs]:
    """The pairs of layers of each loss that has some, by log name."""
    return {
        name: loss.map(student, teacher)
        for name, _, loss in objective.named()
        if hasattr(loss, "map")
        and all(n in side for side in (student, teacher) for n in loss.reads)
    }


def say(maps: dict[str, Pairs], line=print) -> None:
    """Say which layer learns from which."""
    for name, pairs in maps.items():
        line(f"{name}: {format_layer_map(pairs)}")


def optimizer(keras, given):
    """An optimizer for the projections alone: an optimizer, its name, or Adam's learning rate."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return keras.optimizers.Adam(float(given))
    return None if given is None else keras.optimizers.get(given)


def by_optimizer(distiller, projections: dict[str, dict], gradients, variables) -> Iterator[tuple]:
    """`(optimizer, [(gradient, variable), ...])` for the student, and for the projections."""
    pairs = list(zip(gradients, variables, strict=True))
    # A loss on the inside reaches no layer behind it, of which Keras would warn.
    pairs = [pair for pair in pairs if pair[0] is not None] or pairs
    apart = distiller.projection_optimizer
    if apart is None or not projections:
        yield distiller.optimizer, pairs
        return
    own = {id(each) for weights in projections.values() for each in weights.values()}
    yield distiller.optimizer, [pair for pair in pairs if id(pair[1]) not in own]
    scale = _scale(distiller)
    yield apart, [(g if g is None else g / scale, v) for g, v in pairs if id(v) in own]


def _scale(distiller):
    """How much mixed precision has scaled the loss, where the gradients still are so."""
    return distiller.scale_loss(1.0) if hasattr(distiller.optimizer, "scale_loss") else 1.0
