"""Find which states of a model with a decoder are of its source, and which of its target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import Families, Outputs
from ..losses._feature_tensors import as_tuple
from ..losses._states import BOTH, NEITHER, NO_TOKENS, SOURCE, TARGET, TOKEN_AXES
from ..models.masks import state_masks

_RANKS = {1: 3, 2: 4}
"""How many axes a state of tokens has, by the first of these."""
# The sizes of these axes, of each state.
Sizes = dict[str, list[tuple[int, ...]]]


def find_families(outputs: Outputs, inputs: Any, run: Callable[[Any], Outputs]) -> Families:
    """Return what the states stand for, by the name of the output; empty without a decoder.

    Their lengths tell. Where source and target are equally long, the target is made shorter by a
    token, and what becomes shorter is of the target.

    Args:
        outputs: What the model returned, run eagerly.
        inputs: What it read.
        run: Runs it once more, on other inputs.

    Raises:
        UserError: Source and target are equally long, and the model takes no other length.
    """
    masks = state_masks(inputs)
    before = _sizes(outputs)
    if masks is None or not before:
        return {}
    source, target = (
        None if mask is None else int(mask.shape[1]) for mask in (masks[SOURCE], masks[TARGET])
    )
    after = before
    if source is None or source == target:
        after = _sizes(_run_shorter(inputs, run))
    return {
        name: tuple(
            _family([_side(*pair, source, target) for pair in zip(*axes, strict=True)])
            for axes in zip(states, after[name], strict=True)
        )
        for name, states in before.items()
    }


def _sizes(outputs: Outputs) -> Sizes:
    return {
        name: [_lengths(state, TOKEN_AXES[name]) for state in as_tuple(value)]
        for name, value in outputs.items()
        if name in TOKEN_AXES
    }


def _lengths(state: tf.Tensor, axes: tuple[int, ...]) -> tuple[int, ...]:
    if state.shape.rank != _RANKS[axes[0]]:
        return ()
    return tuple(int(state.shape[axis]) for axis in axes)


def _side(before: int, after: int, source: int | None, target: int | None) -> str:
    """Return what an axis counts, by its length, and that with a shorter target."""
    if before != after or (source is not None and source != target):
        return TARGET if before == target else SOURCE if before == source else NEITHER
    return SOURCE if source in (None, before) else NEITHER


def _family(sides: list[str]) -> str:
    if not sides:
        return NO_TOKENS
    return sides[0] if len(set(sides)) == 1 else NEITHER if NEITHER in sides else BOTH


def _run_shorter(inputs: Mapping[str, Any], run: Callable[[Any], Outputs]) -> Outputs:
    """Run the model on a target of another length: shorter, or of two tokens in place of one."""

    def change(name: str, value: Any) -> Any:
        if not name.startswith("decoder_") or value.shape.rank < 2:
            return value
        return value[:, :-1] if value.shape[1] > 1 else tf.concat([value, value], axis=1)

    try:
        return run({name: change(name, value) for name, value in inputs.items()})
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        raise UserError(
            "source and target are equally long and the model takes no other length, so it cannot "
            "be told which of its states are of which: pad the target to another length than the "
            "source."
        ) from error
