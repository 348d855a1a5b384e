"""Texts where there are none: words of a vocabulary at random, or what lies around a few texts."""

from __future__ import annotations

import math
import random
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..errors import UserError
from .augmentation import stable_hash
from .encoder import TextEncoder

_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def list_words(encoder: TextEncoder) -> list[str]:
    """Return the whole words among the pieces of a tokenizer, in the order of their ids.

    A piece is one if its letters alone, as a text, are that one piece. Single letters are none, but
    for characters of Chinese, Japanese and Korean where most words are such.

    Args:
        encoder: The tokenizer.
    """
    tokenizer = encoder.tokenizer
    ids = sorted(tokenizer.get_vocab().values())
    words = [tokenizer.decode([number]).strip() for number in ids]
    known = [(number, word) for number, word in zip(ids, words, strict=True) if word.isalpha()]
    whole: dict[str, None] = {}
    for blank in ("", " "):
        texts = [blank + word for _, word in known]
        pieces = tokenizer.encode_batch(texts, add_special_tokens=False)
        for (number, word), found in zip(known, pieces, strict=True):
            if list(found.ids) == [number]:
                whole[word] = None
    longer = [word for word in whole if len(word) > 1]
    dense = [word for word in whole if _DENSE.fullmatch(word)]
    return longer if len(longer) >= len(dense) else [*dense, *longer]


def parse_lengths(written: str) -> tuple[int, int]:
    """Return the least and the greatest number of words of `LEAST-MOST`.

    Raises:
        UserError: It says no such two numbers.

    >>> parse_lengths("4-64"), parse_lengths("12")
    ((4, 64), (12, 12))
    """
    least, dash, most = written.partition("-")
    numbers = [part.strip() for part in ((least, most) if dash else (least, least))]
    if all(number.isascii() and number.isdecimal() for number in numbers):
        low, high = map(int, numbers)
        if 1 <= low <= high <= 10_000:
            return low, high
    raise UserError(
        f"texts_words is {written!r}: write the least and the greatest number of words of a text, "
        "such as 4-64."
    )


def draw_texts(
    words: Sequence[str], lengths: tuple[int, int], seed: int = 0, blank: str = " "
) -> Iterator[str]:
    """Yield texts of words that are drawn at random, without end.

    Short texts are as frequent as long ones: the logarithm of the length is drawn evenly.

    Args:
        words: What to draw from.
        lengths: The least and the greatest number of words.
        seed: Of all draws.
        blank: What stands between the words.

    >>> next(draw_texts(["fine", "film"], (3, 3))).count(" ")
    2
    """
    least, most = lengths
    number = 0
    while True:
        rng = random.Random(stable_hash(seed, number, "random"))
        length = math.exp(rng.uniform(math.log(least), math.log(most + 1)))
        yield blank.join(rng.choices(words, k=min(int(length + 1e-9), most)))
        number += 1


def grow_texts(seeds: Iterable[str], augment: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Yield texts made from a few, then those made from these, until nothing new comes.

    Args:
        seeds: The few; they are not among what comes.
        augment: Makes new texts of one.
    """
    known = dict.fromkeys(seeds)
    queue = deque(known)
    while queue:
        for text in augment(queue.popleft()):
            if text not in known:
                known[text] = None
                queue.append(text)
                yield text
