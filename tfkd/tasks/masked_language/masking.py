"""Masked texts: what a masked language model is trained on, and distilled on without labels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...data.examples import IGNORE
from ...data.generated import make_dataset
from ...errors import UserError
from ...text.batching import WINDOW, bucket_by_length, chunks, padded
from ...text.encoder import SPECIAL, TextEncoder
from ...text.special_tokens import find_mask, special_ids

if TYPE_CHECKING:
    import tensorflow as tf

RATE = 0.15
_MASKED, _RANDOM = 0.8, 0.1  # of the chosen; the rest stay as they are


def mask_tokens(
    ids: np.ndarray, encoder: TextEncoder, rng: np.random.Generator, rate: float = RATE
) -> tuple[np.ndarray, np.ndarray]:
    """Mask some tokens; return the ids, and labels: the masked tokens' ids, -100 elsewhere.

    Of the tokens of each text, without padding and special ones, `rate` are chosen at random, at
    least one; 80 % of them become `[MASK]`, 10 % any token, 10 % stay. Both arrays are
    `[texts, tokens]`, int32.

    Args:
        ids: Token ids `[texts, tokens]`, padded as the tokenizer pads.
        encoder: The tokenizer that made them, which must have `[MASK]`.
        rng: Draws the tokens.
        rate: Share of tokens to choose, above 0, up to 1; BERT's is 0.15.

    Raises:
        UserError: a rate outside 0 to 1, a tokenizer without `[MASK]`.

    Source: Devlin et al. 2019 (BERT), arXiv:1810.04805, section 3.1.

    >>> from tfkd.text import learn
    >>> encoder = learn(["a good film"] * 9, vocab_size=40)
    >>> ids = np.array([encoder.encode("a good film")], "int32")
    >>> hidden, labels = mask_tokens(ids, encoder, np.random.default_rng(0), rate=1.0)
    >>> bool(np.all(labels[0, 1:-1] == ids[0, 1:-1])), labels[0, [0, -1]].tolist()
    (True, [-100, -100])
    """
    mask, special = _special(encoder, rate)
    there = ~np.isin(ids, special)
    drawn = np.where(there, rng.random(ids.shape), 2.0)
    lowest = there & (drawn == drawn.min(axis=1, keepdims=True))
    chosen = there & (drawn < rate) | lowest
    fate = rng.random(ids.shape)
    hidden = np.where(chosen & (fate < _MASKED), mask, ids)
    random = rng.choice(_plain(encoder, special), ids.shape)
    hidden = np.where(chosen & (fate >= _MASKED) & (fate < _MASKED + _RANDOM), random, hidden)
    return hidden.astype("int32"), np.where(chosen, ids, IGNORE).astype("int32")


def masked_batches(
    texts: Iterable[str],
    encoder: TextEncoder,
    batch_size: int = 32,
    *,
    rate: float = RATE,
    seed: int = 0,
) -> tf.data.Dataset:
    """Make a `tf.data.Dataset` of `({"input_ids", "attention_mask"}, labels)` for `fit`.

    `texts` are read again in each epoch (a list, or an object whose `__iter__` opens them again),
    tokenised as they come, and masked in another way each time; batches hold texts of similar
    length. The texts are never all in memory.

    Args:
        texts: The texts, which can be read several times.
        encoder: The teacher's tokenizer.
        batch_size: Texts in a batch.
        rate: Share of tokens to choose, see `mask_tokens`.
        seed: Seed of the order and of the masks.

    Raises:
        UserError: a generator, which could be read only once; see also `mask_tokens`.

    ```python
    data = tfkd.masked_batches(reviews, teacher_encoder)
    tfkd.Distiller(student=student, teacher=teacher, objective=HardLabels() + SoftTargets())
    ```
    """
    import tensorflow as tf

    if isinstance(texts, Iterator):
        raise UserError("texts can be read only once: give a list, or what opens them again.")
    _special(encoder, rate)
    passes = itertools.count()

    def batches() -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
        turn = next(passes)
        for number, chunk in enumerate(chunks(texts, WINDOW * batch_size)):
            rng = np.random.default_rng((seed, turn, number))
            encoded = encoder.encode_many(chunk)
            lengths = np.array([len(each) for each in encoded])
            for rows in bucket_by_length(lengths, batch_size, (seed, turn, number)):
                ids = padded([encoded[row] for row in rows], encoder.pad_id)
                hidden, labels = mask_tokens(ids, encoder, rng, rate)
                mask = (ids != encoder.pad_id).astype("int32")
                yield {"input_ids": hidden, "attention_mask": mask}, labels

    of_ids = tf.TensorSpec((None, None), tf.int32)
    signature = ({"input_ids": of_ids, "attention_mask": of_ids}, of_ids)
    return make_dataset(batches, signature)


def _special(encoder: TextEncoder, rate: float) -> tuple[int, list[int]]:
    """Return the id of the mask, and those of all special tokens, which are never masked."""
    if not (math.isfinite(rate) and 0 < rate <= 1):
        raise UserError(f"rate={rate}: write a share of the tokens above 0, up to 1, e.g. 0.15.")
    mask = find_mask(encoder.tokenizer)
    if mask is None:
        raise UserError("the tokenizer has no [MASK]: take the one of a masked language model.")
    named = (encoder.tokenizer.token_to_id(piece) for piece in SPECIAL)
    known = {i for i in named if i is not None} | special_ids(encoder.tokenizer)
    return mask, sorted(known | {mask, encoder.pad_id})


def _plain(encoder: TextEncoder, special: list[int]) -> np.ndarray:
    every = np.array(sorted(encoder.tokenizer.get_vocab().values()))
    return every[~np.isin(every, special)]
