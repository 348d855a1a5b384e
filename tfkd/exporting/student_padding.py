"""Whether a student leaves out what its tokenizer pads with."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from ..text.affixes import OF_WORDS, add_affixes
from ..text.batching import pad_rows
from ..text.pair_encoding import SEGMENTS
from ..text.words import split_words
from .calling import ModelSignature, Reference
from .check_data import IDS, SENTENCES, TaskContext
from .verify import MASKED

EXTRA = 3
"""Tokens of padding that are put behind a text."""


def check_padding(reference: Reference, signature: ModelSignature, context: TaskContext) -> None:
    """Refuse a student that takes its tokenizer's padding for a token, as 0 is padding to it.

    Args:
        reference: The student as a function of arrays.
        signature: How it is called.
        context: Its tokenizer and task.

    Raises:
        UserError: It does.
    """
    encoder = context.encoder
    if encoder is None or not encoder.pad_id or not signature.free_length:
        return
    sources = context.sources(signature.inputs)
    if IDS not in sources.values() or set(sources.values()) - {IDS, SEGMENTS, *OF_WORDS}:
        return
    words = split_words(SENTENCES[0])
    row = encoder.encode_words([words])[0][0]
    add_affixes([row], words)
    row |= {SEGMENTS: [0] * len(row[IDS])}
    behind = {IDS: [encoder.pad_id] * EXTRA, SEGMENTS: [0] * EXTRA}
    longer = {name: [*row[name], *behind.get(name, ())] for name in (*behind, *OF_WORDS)}
    one, two = (
        reference(
            {
                name: pad_rows([each], [source])[source].astype(signature.inputs[name][1])
                for name, source in sources.items()
            }
        )
        for each in (row, longer)
    )
    if any(one[name].shape == two[name].shape and not _near(one[name], two[name]) for name in one):
        raise UserError(
            f"the student takes id {encoder.pad_id}, which its tokenizer pads with, for a token: "
            "train it on the ids of tfkd.text.with_padding_first(encoder), and give that encoder."
        )


def _near(one: np.ndarray, two: np.ndarray) -> bool:
    """Return whether outputs are the same; a masked class says nothing of how far others may be.

    NaN is for the check of the file to name.
    """
    largest = np.abs(one[np.abs(one) < MASKED]).max(initial=1.0)
    return bool(np.allclose(one, two, rtol=1e-2, atol=1e-3 * largest, equal_nan=True))
