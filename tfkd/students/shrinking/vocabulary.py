"""A tokenizer of fewer word pieces, those that texts use most."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

import numpy as np
from tokenizers import Tokenizer

from ...errors import UserError
from ...text.batching import chunks
from ...text.encoder import SPECIAL, TextEncoder, clean
from ...text.renumbering import renumber_ends

# Texts that are tokenised at once.
CHUNK = 2_000


def cut_vocabulary(
    encoder: TextEncoder, size: int, texts: Iterable[str]
) -> tuple[TextEncoder, np.ndarray]:
    """Return the tokenizer with `size` of its tokens, and their ids before, in order.

    Special pieces are kept, and every letter that the texts hold, inside a word and at its start:
    a word whose piece is gone is read by smaller ones.

    Args:
        encoder: The tokenizer to cut.
        size: How many of its tokens stay.
        texts: Texts of the task, by which the most frequent tokens are chosen.

    Returns:
        The smaller tokenizer, and the ids `[size]` that its tokens had.

    Raises:
        UserError: a size that is too small or larger than the vocabulary, another kind of
            tokenizer than word pieces.
    """
    facts = json.loads(encoder.tokenizer.to_str())
    if facts["model"].get("type") != "WordPiece":
        raise UserError(f"vocabulary={size}: the tokenizer is no word-piece tokenizer; leave it.")
    ids, counts = encoder.tokenizer.get_vocab(), _count_tokens(encoder, texts)
    special = {token["content"] for token in facts["added_tokens"]} | set(SPECIAL)
    around = (*encoder.ends[0], *encoder.ends[1], encoder.pad_id)
    special |= {str(encoder.tokenizer.id_to_token(i)) for i in around}
    letters = {char for piece in counts for char in piece.removeprefix("##")}
    always = [p for p in ids if p in special or p in letters or p.removeprefix("##") in letters]
    if not len(always) <= size <= len(ids):
        raise UserError(
            f"vocabulary={size} of {len(ids)} pieces, of which {len(always)} are special or "
            f"letters of the texts: write {len(always)} to {len(ids)}."
        )
    rest = sorted(set(ids) - set(always), key=lambda piece: (-counts[piece], ids[piece]))
    pieces = sorted([*always, *rest[: size - len(always)]], key=lambda piece: ids[piece])
    old_ids = np.array([ids[piece] for piece in pieces])
    renumber_ends(facts["post_processor"], lambda old: _new_id(old, old_ids))
    tokenizer = _with_tokens(facts, pieces)
    pad, start, end = (
        _new_id(old, old_ids) for old in (encoder.pad_id, encoder.start_id, encoder.end_id)
    )
    return TextEncoder(tokenizer, encoder.max_length, pad, encoder.pad_left, start, end), old_ids


def _new_id(old: int, old_ids: np.ndarray) -> int:
    found = np.flatnonzero(old_ids == old)
    return int(found[0]) if len(found) else -1


def _count_tokens(encoder: TextEncoder, texts: Iterable[str]) -> Counter:
    counts: Counter[str] = Counter()
    for chunk in chunks(map(clean, texts), CHUNK):
        for encoding in encoder.tokenizer.encode_batch(chunk, add_special_tokens=False):
            counts.update(encoding.tokens)
    return counts


def _with_tokens(facts: dict, pieces: list[str]) -> Tokenizer:
    """Return the same tokenizer over other tokens, numbered in their order."""
    ids = {piece: i for i, piece in enumerate(pieces)}
    model = {**facts["model"], "vocab": ids}
    added = [{**token, "id": ids[token["content"]]} for token in facts["added_tokens"]]
    changed = {**facts, "model": model, "added_tokens": added}
    return Tokenizer.from_str(json.dumps(changed))
