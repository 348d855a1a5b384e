"""A teacher's vectors of items: what users liked together, beside what a large encoder reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Data
from ...progress import logger
from .factorization import factorize
from .shelves import Shelf, find_places, score_places, stock_shelves

FACTORS = (32, 64, 128)
SHARES = (0.02, 0.1, 0.3, 1.0, 3.0)
"""What is tried: numbers of factors, and how much texts count beside them."""
_RIDGE = 10.0
_LENGTHS = tuple(2.0**power for power in range(-2, 7))
"""Of all vectors, of which the one is taken that makes the right items most probable."""


def item_texts(data: Data) -> list[str]:
    """Return the texts of all items that the examples of a data set mention."""
    found: dict[str, None] = {}
    for split in ("train", "validation", "test"):
        for example in data.read(split):
            found.update(dict.fromkeys((*example["liked"], *example["candidates"])))
    return list(found)


def join_vectors(read: np.ndarray, texts: Sequence[str], data: Data, scale: float) -> np.ndarray:
    """Return vectors whose products say what goes together by users and by texts.

    Items that nobody liked in training get the factors that a ridge regression reads off their
    texts. What was chosen by the validation examples is logged.

    Args:
        read: The large encoder's vectors of the items, `[items, dimensions]`.
        texts: The items.
        data: Its training examples are factorised.
        scale: What a product is multiplied by to be a logit.

    Returns:
        `[items, more dimensions]`, float32; the last number is 0.
    """
    number = {text: place for place, text in enumerate(texts)}
    likes = collect_likes(data, number)
    examples = list(data.read("validation"))
    shelf = next(iter(stock_shelves(examples).values()))
    centred = _unit(read - read.mean(axis=0))
    best, chosen = -1.0, (read, 0, 0.0)
    for factors in FACTORS:
        liked = complete_factors(factorize(likes, len(texts), factors), centred)
        size = np.sqrt(np.mean(np.sum(np.square(liked), axis=1)))
        for share in SHARES:
            joined = np.concatenate([liked, share * size * centred], axis=1)
            value = _ndcg(joined, shelf, examples, number)
            if value > best:
                best, chosen = value, (joined, factors, share)
    joined, factors, share = chosen
    length = _find_length(joined, examples, number, scale)
    logger.info(
        f"teacher   {factors} factors of what users liked, texts at {share:g} beside them: NDCG@10 "
        f"{best:.4f} on {len(examples):,} validation examples"
    )
    joined = joined * length
    return np.concatenate([joined, np.zeros_like(joined[:, :1])], axis=1).astype("float32")


def collect_likes(data: Data, number: Mapping[str, int]) -> list[list[int]]:
    """Return the items that each user of the training examples liked."""
    by_user: dict[Any, dict[int, None]] = {}
    for place, example in enumerate(data.read("train")):
        # Where nothing says whose examples they are, each is a user's.
        own = by_user.setdefault(example.get("user", place), {})
        own.update(dict.fromkeys(number[text] for text in example["liked"]))
        if example.get("label") is not None:
            own[number[example["label"]]] = None
    return [list(each) for each in by_user.values()]


def complete_factors(factors: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Return factors for items without any too, as a ridge regression reads them off the texts.

    Args:
        factors: `[items, factors]`, zeros for items that nobody liked.
        read: What an encoder reads, `[items, dimensions]`.
    """
    known = np.any(factors != 0, axis=1)
    inputs = read[known].astype("float64")
    gram = inputs.T @ inputs + _RIDGE * np.eye(read.shape[1])
    weights = np.linalg.solve(gram, inputs.T @ factors[known])
    return np.where(known[:, None], factors, read @ weights).astype("float32")


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _users(vectors: np.ndarray, examples: Sequence[Any], number: Mapping[str, int]) -> np.ndarray:
    """Return the mean of the vectors of what was liked in each example."""
    return np.stack([vectors[[number[text] for text in e["liked"]]].mean(axis=0) for e in examples])


def _ndcg(
    vectors: np.ndarray, shelf: Shelf, examples: Sequence[Any], number: Mapping[str, int]
) -> float:
    own = [examples[place] for place in shelf.examples]
    items = vectors[[number[text] for text in shelf.texts]]
    places = find_places(shelf, _users(vectors, own, number), items)
    return float(score_places(places)["ndcg@10"].mean())


def _find_length(
    vectors: np.ndarray, examples: Sequence[Any], number: Mapping[str, int], scale: float
) -> float:
    """Return what to multiply vectors by, so that probabilities over candidates fit best."""
    users = _users(vectors, examples, number)
    costs = dict.fromkeys(_LENGTHS, 0.0)
    for example, user in zip(examples, users, strict=True):
        if example.get("label") is None:
            continue
        products = vectors[[number[text] for text in example["candidates"]]] @ user
        right = list(example["candidates"]).index(example["label"])
        for length in _LENGTHS:
            logits = scale * length**2 * (products - products.max())
            costs[length] += float(np.log(np.exp(logits).sum()) - logits[right])
    return min(costs, key=costs.__getitem__)
