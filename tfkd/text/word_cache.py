"""The ids of words that were seen before: most of what a tokenizer does for a text, saved.

BERT's tokenizers clean, split and look up each word between blanks by itself, so the ids of a text
are those of its words one after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from tokenizers import Tokenizer

MOST = 65_536
"""Words that are kept, in about 12 MB."""
_LONGEST = 64
"""Characters of a word that is kept: longer ones hardly come twice, and Chinese has no blanks."""
# Blanks to Python, and none to BERT's cleaning, which drops them from within a word.
_UNCLEAR = re.compile(r"[\x0b\x0c\x1c-\x1f\x85]")
Split = Callable[[str], "list[str] | None"]


def split_at_blanks(text: str) -> list[str] | None:
    r"""Return the words of a text between blanks; None where tokenizers split it otherwise.

    >>> split_at_blanks("a  good film"), split_at_blanks("a\x0bgood film")
    (['a', 'good', 'film'], None)
    """
    return None if _UNCLEAR.search(text) else text.split()


def reads_by_word(tokenizer: Tokenizer) -> bool:
    """Return whether a tokenizer treats each word between blanks by itself, as BERT's does."""
    state = json.loads(tokenizer.to_str())
    kinds = [(state[part] or {}).get("type") for part in ("normalizer", "pre_tokenizer")]
    with_blanks = any(set(each["content"]) & set(" \t\r\n") for each in state["added_tokens"])
    return kinds == ["BertNormalizer", "BertPreTokenizer"] and not with_blanks


class WordCache:
    """Gives the ids of texts, and remembers those of each word.

    Two generations are kept, of half the words each: when the younger one is full, it becomes the
    older one, and words of that which do not come again are forgotten with it.

    Args:
        tokenizer: Treats each word by itself.
        split: Returns the words of a text; None for a text that has to be read as a whole.
        most: Words that are kept.
    """

    def __init__(
        self, tokenizer: Tokenizer, split: Split = split_at_blanks, *, most: int = MOST
    ) -> None:
        self._tokenizer, self._split, self._half = tokenizer, split, max(most // 2, 1)
        self._young: dict[str, list[int]] = {}
        self._old: dict[str, list[int]] = {}

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without special ones around it."""
        split = [self._split(text) for text in texts]
        rows = [None if words is None else _join(self._young, words) for words in split]
        new = [words for words, row in zip(split, rows, strict=True) if words and row is None]
        known = self._ids_of(set(chain.from_iterable(new))) if new else {}
        whole = [text for text, words in zip(texts, split, strict=True) if words is None]
        read = iter(self._tokenizer.encode_batch(whole, add_special_tokens=False) if whole else [])
        return [
            next(read).ids if words is None else row or _join(known, words) or []
            for words, row in zip(split, rows, strict=True)
        ]

    def encode_words(self, sentences: Sequence[Sequence[str]]) -> list[list[list[int]]]:
        """Return the ids of each word of sentences whose words are given."""
        known = self._ids_of(set(chain.from_iterable(sentences)))
        return [[known[word] for word in words] for words in sentences]

    def _ids_of(self, words: set[str]) -> dict[str, list[int]]:
        """Return the ids of words, and remember them."""
        young, old = self._young, self._old
        known, new, unseen = {}, {}, []
        for word in words:
            ids = young.get(word)
            if ids is None:
                ids = old.get(word)
                if ids is None:
                    unseen.append(word)
                    continue
                new[word] = ids
            known[word] = ids
        if unseen:
            found = self._read(unseen)
            known |= found
            new |= {word: ids for word, ids in found.items() if len(word) <= _LONGEST}
        self._remember(new)
        return known

    def _read(self, words: list[str]) -> dict[str, list[int]]:
        """Return the ids of words that were not seen before, by one call."""
        read = self._tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        ids: list[list[int]] = [[] for _ in words]
        for place, i in zip(read.word_ids, read.ids, strict=True):
            ids[place].append(i)
        return dict(zip(words, ids, strict=True))

    def _remember(self, new: dict[str, list[int]]) -> None:
        if len(self._young) + len(new) > self._half:
            self._old, self._young = self._young, {}
        if len(new) <= self._half:
            self._young.update(new)


def _join(known: dict[str, list[int]], words: Iterable[str]) -> list[int] | None:
    """Return the ids of words one after the other; None where one is not known."""
    try:
        return list(chain.from_iterable(map(known.__getitem__, words)))
    except KeyError:
        return None
