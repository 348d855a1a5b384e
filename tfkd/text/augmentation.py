"""Augmented texts for the transfer set, made from those that there are; the teacher labels them."""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, ClassVar

from ..errors import UserError

MASK = "[MASK]"
LONGEST = 5  # words of a sampled n-gram


@dataclass(frozen=True)
class Augmentation:
    """Tang's rules: words masked, words replaced, a piece of the text taken alone.

    Each word of a text may be masked or replaced; then a run of 1 to 5 words may be taken alone.
    What comes out twice, or as it went in, is left out. It depends on the text and on `seed` alone:
    a store finds it again.

    Args:
        copies: How many new texts are made of each; 20 in the paper.
        mask: The probability that a word becomes `[MASK]`.
        replace: The probability that a word becomes one of `words`.
        ngram: The probability that a run of words is taken alone.
        words: Counts of the words that may stand in for others, by which they are drawn.
        seed: Of all draws.

    Raises:
        UserError: Probabilities outside 0 to 1, or of which mask and replace exceed 1.

    Source: Tang et al. 2019, arXiv:1903.12136, section 3.3 (there a word is replaced by one of the
    same part of speech; here of any).

    >>> rules = Augmentation(copies=3, words={"fine": 2, "dull": 1})
    >>> rules.augment("a good film that I like")  # doctest: +SKIP
    ['a good film that I [MASK]', 'a fine film that I like', 'good film']
    >>> rules.augment("a good film") == rules.augment("a good film")
    True
    """

    citation: ClassVar[str] = "Tang et al. 2019, arXiv:1903.12136"
    copies: int = 20
    mask: float = 0.1
    replace: float = 0.1
    ngram: float = 0.25
    words: Mapping[str, int] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("mask", "replace", "ngram"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 <= value <= 1):
                raise UserError(f"Augmentation({name}={value}): write a probability from 0 to 1.")
        if self.mask + self.replace > 1:
            raise UserError(
                f"Augmentation(mask={self.mask}, replace={self.replace}): together at most 1."
            )
        if self.copies < 0:
            raise UserError(f"Augmentation(copies={self.copies}): write 0 or more.")

    @cached_property
    def _drawn_from(self) -> tuple[list[str], list[int]]:
        """The words, and the sums of their counts up to each."""
        words = sorted((self.words or {}).items())
        return [word for word, _ in words], list(accumulate(count for _, count in words))

    def augment(self, text: str) -> list[str]:
        """Return new texts from one, at most `copies`, in the order in which they were made."""
        words = text.split()
        if not words:
            return []
        copies = dict.fromkeys(self._one(words, text, number) for number in range(self.copies))
        return [copy for copy in copies if copy != " ".join(words)]

    def __call__(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield new texts from each of `texts`."""
        for text in texts:
            yield from self.augment(text)

    def _one(self, words: list[str], text: str, number: int) -> str:
        rng = random.Random(stable_hash(self.seed, number, text))
        changed = [self._word(word, rng) for word in words]
        if rng.random() < self.ngram:
            length = rng.randint(1, min(LONGEST, len(changed)))
            start = rng.randint(0, len(changed) - length)
            changed = changed[start : start + length]
        return " ".join(changed)

    def _word(self, word: str, rng: random.Random) -> str:
        drawn = rng.random()
        if drawn < self.mask:
            return MASK
        words, totals = self._drawn_from
        if drawn < self.mask + self.replace and words:
            return rng.choices(words, cum_weights=totals)[0]
        return word


def count_words(texts: Iterable[str], most: int = 50_000) -> dict[str, int]:
    """Count how often each word occurs, of the `most` frequent ones.

    >>> count_words(["a film", "a good film"])
    {'a': 2, 'film': 2, 'good': 1}
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text.split())
    return dict(counts.most_common(most))


def stable_hash(*values: Any) -> int:
    """Return the same number for the same values, on any machine and in any process."""
    return int.from_bytes(hashlib.blake2b(repr(values).encode(), digest_size=8).digest(), "little")
