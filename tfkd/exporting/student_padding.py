"""Whether a student leaves out what its tokenizer pads with."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from .calling import ModelSignature, Reference
from .check_data import IDS, SENTENCES, TaskContext


def check_padding(reference: Reference, signature: ModelSignature, context: TaskContext) -> None:
    """Refuse a student that takes its tokenizer's padding for a token, as 0 is padding to it.

    Args:
        reference: The student as a function of arrays.
        signature: How it is called.
        context: Its tokenizer and task.

    Raises:
        UserError: It does.
    """
    encoder, names = context.encoder, tuple(signature.inputs)
    if encoder is None or not encoder.pad_id or not signature.free_length:
        return
    if set(context.sources(signature.inputs).values()) != {IDS}:
        return
    ids = encoder.encode_many(SENTENCES[:1])[0]
    dtype = signature.inputs[names[0]][1]
    one, two = (
        reference({names[0]: np.array([row], dtype)})
        for row in (ids, [*ids, *[encoder.pad_id] * 3])
    )
    if any(one[name].shape == two[name].shape and not _near(one[name], two[name]) for name in one):
        raise UserError(
            f"the student takes id {encoder.pad_id}, which its tokenizer pads with, for a token: "
            "train it on the ids of tfkd.text.with_padding_first(encoder), and give that encoder."
        )


def _near(one: np.ndarray, two: np.ndarray) -> bool:
    return bool(np.allclose(one, two, rtol=1e-2, atol=1e-3 * max(1.0, np.abs(one).max())))
