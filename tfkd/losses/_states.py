"""Which tokens the states of a model with a decoder stand for: the source's or the target's."""

from __future__ import annotations

from typing import Any

from ..errors import UserError
from ._batch import Batch, Families, Outputs

SOURCE, TARGET = "source", "target"
BOTH, NEITHER = "source and target", "neither source nor target"
NO_TOKENS = ""
"""Of a state without an axis of tokens."""
TOKEN_AXES = {
    **dict.fromkeys(("hidden_states", "embeddings"), (1,)),
    **dict.fromkeys(("attentions", "attention_scores"), (2, 3)),
    **dict.fromkeys(("queries", "keys", "values"), (2,)),
}
"""Along which axes of a state its tokens lie, by the name of the output."""


def batch_of_states(loss: Any, student: Outputs, teacher: Outputs | None, batch: Batch) -> Batch:
    """Return a batch whose masks of tokens are those of the states that a loss compares.

    Args:
        loss: What reads hidden states, attentions or the like; of others the batch stays.
        student: Its outputs by name.
        teacher: Its outputs by name.
        batch: Of any model; of one without a decoder it stays as it is.

    Raises:
        UserError: The states are of both families, or it is not known of which.
    """
    states, loss = batch.states, loss.of if getattr(loss, "head", "") else loss
    names = [name for name in loss.student_reads if name in TOKEN_AXES]
    unpaired = teacher is None and "teacher" in loss.needs
    if states is None or unpaired or not names:
        return batch
    if not all(name in states.student for name in names):
        raise UserError(
            f"{type(loss).__name__} reads {', '.join(names)} of a model with a decoder, and which "
            "are of the source and which of the target is told by a first batch: call fit, or "
            "give Distiller(example=(x, y))."
        )
    paired = teacher is not None and hasattr(loss, "map")
    pairs = loss.map(student, teacher) if paired else None
    mine = _family(loss, states.student, names, [s for s, _ in pairs] if pairs else None)
    theirs = mine
    if all(name in states.teacher for name in names):
        theirs = _family(loss, states.teacher, names, [t for _, t in pairs] if pairs else None)
    if mine != theirs and not getattr(loss, "pools", False):
        raise UserError(
            f"{type(loss).__name__} pairs states of the student's {mine} with states of the "
            f"teacher's {theirs}: name layers of the same side in both, "
            "tfkd.tap(model, hidden_states=[...])."
        )
    return batch._replace(
        token_mask=states.masks.get(mine),
        teacher_token_mask=(states.teacher_masks or states.masks).get(theirs),
    )


def _family(loss: Any, families: Families, names: list[str], places: list[int] | None) -> str:
    """Return what all states that a loss reads stand for."""
    found = {
        family
        for name in names
        for family in _at(families[name], places)
        # What has no tokens needs no mask.
        if family != NO_TOKENS
    }
    if found <= {SOURCE} or found <= {TARGET}:
        return next(iter(found), NO_TOKENS)
    whose = type(loss).__name__
    if found == {SOURCE, TARGET}:
        raise UserError(
            f"{whose} compares states of the source and of the target in one: write one {whose} "
            f"for each, {whose}(layers=((s, t), ...)) + {whose}(layers=((s, t), ...))."
        )
    raise UserError(
        f"{whose} reads {', '.join(names)} of {(found - {SOURCE, TARGET}).pop()}, whose padding is "
        "not known: tap layers that give one state for each token of the source, or for each of "
        "the target."
    )


def _at(families: tuple[str, ...], places: list[int] | None) -> tuple[str, ...]:
    return families if places is None else tuple(families[place] for place in places)
