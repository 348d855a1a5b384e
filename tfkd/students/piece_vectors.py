"""What a large encoder says of each piece of a vocabulary, as if it were a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import UserError
from ..models.input_names import token_mask
from ..models.text_model import TextModel
from ..tasks import EMBEDDING
from ..text import TextEncoder
from ..text.batching import by_length, pad
from ..text.special_tokens import special_ids

_STATES = "hidden_states"
_UNUSED = re.compile(r"\[unused_?\d+\]|<unused\d+>")
_CONTINUES = "##"  # begins a word piece that is not the first of its word


def read_pieces(
    teacher: TextModel,
    encoder: TextEncoder,
    *,
    advance: Callable[[int], None] = lambda done: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the teacher's vector of each piece, and whether the piece is one of texts.

    A piece that the teacher's vocabulary has too is read by its id, any other as a text.

    Args:
        teacher: A model with the output `embedding`, or with hidden states.
        encoder: The tokenizer that has the pieces.
        advance: Is called with the number of pieces done.

    Returns:
        Vectors `[pieces, width]`, float32, zeros of special pieces; and `[pieces]`, bool.

    Raises:
        UserError: The teacher has neither vectors nor hidden states.
    """
    texts = spell_pieces(encoder)
    known = np.array([text is not None for text in texts])
    rows = _rows_of_pieces(teacher, encoder, [text for text in texts if text is not None])
    vectors = read_vectors(teacher, rows, advance=advance)
    table = np.zeros((len(texts), vectors.shape[1]), np.float32)
    table[known] = vectors
    return table, known


def spell_pieces(encoder: TextEncoder) -> list[str | None]:
    """Return each piece as it stands in texts, by id; None of special and unused ones."""
    special = {*special_ids(encoder.tokenizer), encoder.pad_id, *encoder.ends[0], *encoder.ends[1]}
    spelled: list[str | None] = []
    for number, piece in enumerate(encoder.vocabulary):
        text = encoder.tokenizer.decode([number], skip_special_tokens=False)
        text = (text or piece).removeprefix(_CONTINUES).strip()
        plain = bool(text) and number not in special and not _UNUSED.fullmatch(piece)
        spelled.append(text if plain else None)
    return spelled


def read_vectors(
    teacher: TextModel,
    rows: Sequence[Sequence[int]],
    *,
    advance: Callable[[int], None] = lambda done: None,
) -> np.ndarray:
    """Return a teacher's vector of each row of ids, `[rows, width]`, float32.

    Args:
        teacher: A model with the output `embedding`; of any other the mean of the last hidden
            states over the tokens is taken.
        rows: Token ids, without padding.
        advance: Is called with the number of rows done.

    Raises:
        UserError: It has neither.
    """
    if EMBEDDING in teacher.shapes:
        outputs = teacher.run([{"input_ids": list(row)} for row in rows], advance=advance)
        return np.array([each[EMBEDDING] for each in outputs], np.float32)
    vectors: list[np.ndarray] = [np.zeros(0)] * len(rows)
    for places in by_length(np.array([len(row) for row in rows])):
        batch = [rows[place] for place in places]
        length = teacher.length or max(map(len, batch))
        means = _mean_states(teacher, pad(batch, length, value=teacher.pad_id))
        for place, mean in zip(places, means, strict=True):
            vectors[place] = mean
        advance(len(places))
    return np.array(vectors, np.float32)


def _mean_states(teacher: TextModel, ids: np.ndarray) -> np.ndarray:
    """Return the mean of the last hidden states over the tokens, `[batch, width]`."""
    try:
        outputs = teacher.outputs(ids, (_STATES,))
    except UserError as error:
        raise UserError(f"{teacher.origin} gives no vectors of texts: {error}") from error
    if not outputs.get(_STATES):
        raise UserError(
            f"{teacher.origin} gives no vectors of texts: it has neither the output {EMBEDDING} "
            "nor hidden states."
        )
    states = outputs[_STATES][-1].numpy()
    mask = token_mask(ids, teacher.pad_id).numpy()[..., None]
    return (states * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)


def _rows_of_pieces(
    teacher: TextModel, encoder: TextEncoder, texts: Sequence[str]
) -> list[list[int]]:
    """Return the teacher's ids of each piece of texts."""
    theirs = teacher.encoder
    rows = theirs.encode_many(list(texts))
    if not isinstance(theirs, TextEncoder):
        return rows
    before, after = theirs.ends
    known = theirs.tokenizer.get_vocab()
    pieces = [
        piece
        for piece, text in zip(encoder.vocabulary, spell_pieces(encoder), strict=True)
        if text is not None
    ]
    return [
        [*before, known[piece], *after] if piece in known else row
        for piece, row in zip(pieces, rows, strict=True)
    ]
