"""`sample`: film reviews from a grammar, for trying things out where there is no data.

The verdict of a review is about the one thing that its writer ("I", "we") went for; what other
people say of other things does not count. The verdict may be negated ("far from dull") or come
after a contrast ("despite a dull start"), so that the words alone do not tell it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from hashlib import blake2b
from random import Random

from ..errors import UserError
from .columns import Record
from .examples import Example
from .grammar import compose
from .source import Base, Source

LABELS = ("negative", "positive")
SIZE, SMALLEST = 4_000, 40
# Eighths of all possible texts: a text can occur in the splits of its eighth only.
EIGHTHS = {
    "validation": (0,),
    "test": (1,),
    "train": (2, 3, 4, 5, 6),
    "unlabelled": (2, 3, 4, 5, 6, 7),
}


def sample(size: int | None = None, seed: int = 0) -> Base:
    """Open `size` training reviews (4,000 by default) with the other splits in proportion.

    Raises:
        UserError: `size` is below 40.
    """
    size = SIZE if size is None else size
    if size < SMALLEST:
        raise UserError(f"the size of `sample` is {size}; write at least {SMALLEST}.")
    counts = {"train": size, "validation": size // 8, "test": size // 4, "unlabelled": size}
    sources = {
        split: Source(f"sample/{split}", partial(records, seed, split, count), count)
        for split, count in counts.items()
    }
    return Base("sample", sources, names=LABELS, synthetic=True, facts={"size": size})


def records(seed: int, split: str, count: int) -> Iterator[Record]:
    """Yield the first `count` reviews of a split.

    Args:
        seed: Seed of the data set.
        split: One of `EIGHTHS`.
        count: How many reviews.
    """
    for i in range(count):
        text, label = review(seed, split, i)
        known = None if split == "unlabelled" else LABELS[label]
        yield Record(f"sample/{split}, row {i + 1}", Example(text=text, label=known))


def review(seed: int, split: str, i: int) -> tuple[str, int]:
    """Write the `i`-th review of a split and its label: the same on every machine.

    Args:
        seed: Seed of the data set.
        split: One of `EIGHTHS`.
        i: Number of the review, from 0.

    Returns:
        The text, and 1 where its verdict is positive, else 0.

    >>> review(0, "train", 0) == review(0, "train", 0)
    True
    """
    label = (i + Random(f"{seed}/{split}/{i // 2}").getrandbits(1)) % 2  # each pair has both labels
    random = Random(f"{seed}/{split}/{i}/text")
    while True:
        text = compose(random, label)
        if eighth(text) in EIGHTHS[split]:
            return text, label


def eighth(text: str) -> int:
    """Return the eighth of all texts that this one is in, so that no test text is in train."""
    return blake2b(text.lower().encode(), digest_size=1).digest()[0] % 8
