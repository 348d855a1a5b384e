"""Have a language model go on with texts: those of a person, and beginnings of test texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.reader import Arrays
from ...text.words import IDS
from ..generation.written_answer import Written
from .token_rows import count_given

if TYPE_CHECKING:
    from ...text.decoding import Decoding, Hypothesis

PROMPT, SAMPLE = 8, 40
"Tokens of a test text that a model is asked to continue for the report, and most it writes."


def go_on(model: Any, given: Sequence[Arrays], decoding: Decoding) -> list[Written]:
    """Return how a model goes on with each text.

    Args:
        model: The model, with its tokenizer.
        given: A row of each text, whose first token starts it.
        decoding: How the model writes; less, where a row would get too long.
    """
    room = model.encoder.max_length - max((len(row[IDS]) for row in given), default=0)
    longest = min(decoding.longest, max(1, room))
    decoding = replace(decoding, longest=longest, shortest=min(decoding.shortest, longest))
    written = []
    for row, (best, *_) in zip(given, model.write(given, decoding), strict=True):
        _, text = spell_continuation(model.encoder, row[IDS][1:], best)
        written.append(Written(text, best.score, len(best.ids) + best.finished))
    return written


def continue_samples(
    model: Any, rows: Sequence[list[Arrays]], count: int, decoding: Decoding
) -> dict[int, tuple[str, str]]:
    """Return beginnings of a few texts, the same ones each time, and how a model continues them.

    Args:
        model: The model, with its tokenizer.
        rows: The rows of each text, as this model reads them.
        count: Of how many.
        decoding: How the model writes.

    Returns:
        The beginning and what was written, by the place of the text.
    """
    places = sorted(np.random.default_rng(0).permutation(len(rows))[:count].tolist())
    prompts = [_beginning(rows[place][0]) for place in places]
    decoding = replace(decoding, longest=SAMPLE, shortest=0)
    found = model.write([{IDS: ids} for _, ids in prompts], decoding)
    return {
        place: spell_continuation(model.encoder, ids[head:], best)
        for place, (head, ids), (best, *_) in zip(places, prompts, found, strict=True)
    }


def spell_continuation(encoder: Any, given: Sequence[int], found: Hypothesis) -> tuple[str, str]:
    """Return a beginning and what follows it, with the blank between them where there is one.

    Args:
        encoder: The tokenizer.
        given: The tokens of the beginning.
        found: What a model wrote.
    """
    prompt = encoder.decode(given)
    if not found.ids:
        return prompt, found.text
    whole = encoder.decode([*given, *found.ids])
    return prompt, whole[len(prompt) :] if whole.startswith(prompt) else found.text


def _beginning(row: Arrays) -> tuple[int, list[int]]:
    """Return how many tokens of a row are given, and these with the first ones of its text."""
    head = count_given(row)
    return head, [int(token) for token in row["input_ids"][: head + PROMPT]]
