"""Learning rates that become smaller from block to block, towards the embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import tensorflow as tf

from ..weight_rules import WeightRule
from .transformer_parts import find_parts, need_blocks


class SlowRate(WeightRule):
    """Some weights take a share of each step.

    To take a share of the step is to have that share of the learning rate, with every optimizer
    whose steps are proportional to it, weight decay included.
    """

    def __init__(self, variables: Iterable[Any], share: float) -> None:
        super().__init__(variables)
        self.share = share

    def keep(self, before: Sequence[tf.Tensor], step: tf.Tensor) -> Sequence[tf.Tensor]:
        """Return the values after the share of the step."""
        pairs = zip(before, self.variables, strict=True)
        return [
            old + tf.cast(self.share, old.dtype) * (tf.convert_to_tensor(each.value) - old)
            for old, each in pairs
        ]


def slow_lower_layers(model: Any, decay: float) -> list[SlowRate]:
    """Return the rules by which each block learns more slowly than the one above it.

    The head has the learning rate, the last block `decay` of it, the block below `decay` of that,
    and so on; the embeddings are below the first block. Howard & Ruder 2018, arXiv:1801.06146,
    section 3.2; Sun et al. 2019, arXiv:1905.05583, section 5.4.3.

    Args:
        model: The Keras 3 model that is trained, with the flags of the training.
        decay: Above 0; 1 for one rate, which needs no rule.

    Raises:
        UserError: A model without blocks.
    """
    if decay == 1:
        return []
    parts = find_parts(model)
    need_blocks(model, parts, "layer_decay", instead="leave it out")
    trained = {id(variable) for variable in model.trainable_variables}
    rules = []
    for depth, layers in enumerate(reversed([parts.below, *parts.blocks]), 1):
        found = {id(each): each for layer in layers for each in layer.trainable_variables}
        own = [variable for key, variable in found.items() if key in trained]
        if own:
            rules.append(SlowRate(own, decay**depth))
    return rules
