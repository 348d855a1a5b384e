"""From logits of words to the most probable tags that are a legal sequence. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from .tags import OUTSIDE, split_tag

Moves = tuple[np.ndarray, np.ndarray]
"""Which tags may begin a sentence, `[classes]`, and follow each, `[before, after]`; bool."""


@lru_cache(maxsize=64)
def legal_moves(labels: tuple[str, ...]) -> Moves:
    """Return which IOB2 tags may stand first, and behind which: `I-X` behind `B-X` and `I-X` only.

    >>> first, after = legal_moves(("O", "B-PER", "I-PER", "I-LOC"))
    >>> first.tolist(), after[:, 2].tolist()
    ([True, True, False, False], [False, True, True, False])
    """
    parts = [split_tag(label) for label in labels]
    inside = np.array([prefix == "I" for prefix, _ in parts], bool)
    kinds = np.array([kind for _, kind in parts])
    entity = np.array([prefix != OUTSIDE for prefix, _ in parts], bool)
    goes_on = entity[:, None] & (kinds[:, None] == kinds[None, :])
    return ~inside, ~inside[None, :] | goes_on


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of the softmax over the last axis, float64."""
    logits = np.asarray(logits, "float64")
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def best_tags(scores: np.ndarray, moves: Moves) -> np.ndarray:
    """Return the legal sequence of classes with the greatest sum of scores, `[words]`.

    It is Viterbi's algorithm with a fixed mask. Where the best class of each word is a legal
    sequence already, it is that one.

    Args:
        scores: `[words, classes]`, such as log probabilities.
        moves: From `legal_moves`.

    >>> moves = legal_moves(("O", "B-PER", "I-PER"))
    >>> best_tags(np.log([[0.5, 0.1, 0.4], [0.1, 0.2, 0.7]]), moves).tolist()
    [0, 1]
    """
    first, after = moves
    if not len(scores):
        return np.zeros(0, "int64")
    greedy = scores.argmax(axis=-1)
    if first[greedy[0]] and after[greedy[:-1], greedy[1:]].all():
        return greedy
    barrier = np.where(after, 0.0, -np.inf)
    total = np.where(first, scores[0], -np.inf)
    came_from = np.zeros(scores.shape, "int64")
    for word in range(1, len(scores)):
        ways = total[:, None] + barrier
        came_from[word] = ways.argmax(axis=0)
        total = ways.max(axis=0) + scores[word]
    best = np.zeros(len(scores), "int64")
    best[-1] = total.argmax()
    for word in range(len(scores) - 1, 0, -1):
        best[word - 1] = came_from[word, best[word]]
    return best


def decode(logits: np.ndarray, labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the tag of each word, and its probability.

    Args:
        logits: `[words, classes]`.
        labels: The names of the classes.

    >>> tags, likely = decode(np.array([[0.0, 9.0, 0.0]]), ("O", "B-PER", "I-PER"))
    >>> tags, likely.round(3).tolist()
    (['B-PER'], [1.0])
    """
    scores = log_probabilities(np.reshape(logits, (-1, len(labels))))
    best = best_tags(scores, legal_moves(tuple(labels)))
    return [labels[each] for each in best], np.exp(scores[np.arange(len(best)), best])
