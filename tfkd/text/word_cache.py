"""The ids of words that were seen before: most of what a tokenizer does for a text, saved.

BERT's tokenizers clean, split and look up each word between blanks by itself, and each punctuation
mark, so the ids of a text are those of its words and marks one after the other.
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
MARKS = re.escape(",.!?;:'\"()")
"""What stands beside words most, and is a word of its own to these tokenizers."""
_WORDS = re.compile(rf"[^\s{MARKS}]+|[{MARKS}]")
Split = Callable[[str], "list[str] | None"]


def split_at_blanks(text: str) -> list[str] | None:
    r"""Return the words of a text between blanks and marks, and the marks.

    Returns:
        The words; None where tokenizers split the text otherwise.

    >>> split_at_blanks("a  good film!"), split_at_blanks("a\x0bgood film")
    (['a', 'good', 'film', '!'], None)
    """
    return None if _UNCLEAR.search(text) else _WORDS.findall(text)


def reads_by_word(tokenizer: Tokenizer) -> bool:
    """Return whether a tokenizer treats each word between blanks by itself, as BERT's does."""
    state = json.loads(tokenizer.to_str())
    kinds = [(state[part] or {}).get("type") for part in ("normalizer", "pre_tokenizer")]
    across = any(re.search(rf"[\s{MARKS}]", each["content"]) for each in state["added_tokens"])
    return kinds == ["BertNormalizer", "BertPreTokenizer"] and not across


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
        known = self._know(chain.from_iterable(words for words in split if words))
        whole = [text for text, words in zip(texts, split, strict=True) if words is None]
        read = iter(self._tokenizer.encode_batch(whole, add_special_tokens=False) if whole else [])
        return [
            next(read).ids
            if words is None
            else list(chain.from_iterable(map(known.__getitem__, words)))
            for words in split
        ]

    def encode_words(self, sentences: Sequence[Sequence[str]]) -> list[list[list[int]]]:
        """Return the ids of each word of sentences whose words are given."""
        known = self._know(chain.from_iterable(sentences))
        return [[known[word] for word in words] for words in sentences]

    def _know(self, words: Iterable[str]) -> dict[str, list[int]]:
        """Return what gives the ids of words; what may come again is remembered.

        Nothing is ever taken out of a generation, so that several threads may read one.
        """
        if len(self._young) > self._half:
            # One call may have brought many more words than are kept.
            self._old = self._young if len(self._young) <= 2 * self._half else {}
            self._young = {}
        young, old = self._young, self._old
        missing = set(words).difference(young)
        if not missing:
            return young
        found = {word: old[word] for word in missing if word in old}
        found |= self._read([word for word in missing if word not in old])
        kept = {word: ids for word, ids in found.items() if len(word) <= _LONGEST}
        young.update(kept)
        return young if len(kept) == len(found) else _Known(found, young)

    def _read(self, words: list[str]) -> dict[str, list[int]]:
        """Return the ids of words that were not seen before, by one call."""
        if not words:
            return {}
        read = self._tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        ids: list[list[int]] = [[] for _ in words]
        for place, i in zip(read.word_ids, read.ids, strict=True):
            ids[place].append(i)
        return dict(zip(words, ids, strict=True))


class _Known(dict[str, list[int]]):
    """The ids of words that are new, and behind them those that were known."""

    def __init__(self, found: dict[str, list[int]], others: dict[str, list[int]]) -> None:
        super().__init__(found)
        self._others = others

    def __missing__(self, word: str) -> list[int]:
        return self._others[word]
