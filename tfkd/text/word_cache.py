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
        self._long: list[str] = []

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without special ones around it."""
        split = [self._split(text) for text in texts]
        self._learn(chain.from_iterable(words for words in split if words))
        rows = [None if words is None else self._join(words) for words in split]
        self._forget_long()
        whole = [text for text, row in zip(texts, rows, strict=True) if row is None]
        read = iter(self._tokenizer.encode_batch(whole, add_special_tokens=False) if whole else [])
        return [next(read).ids if row is None else row for row in rows]

    def encode_words(self, sentences: Sequence[Sequence[str]]) -> list[list[list[int]]]:
        """Return the ids of each word of sentences whose words are given."""
        self._learn(chain.from_iterable(sentences))
        known = self._young
        rows = [[known[word] for word in words] for words in sentences]
        self._forget_long()
        return rows

    def _learn(self, words: Iterable[str]) -> None:
        """Have the younger generation know words, from the older one or by the tokenizer."""
        if len(self._young) > self._half:
            self._old, self._young = self._young, {}
        young, old = self._young, self._old
        missing = set(words).difference(young)
        unseen = [word for word in missing if word not in old]
        if unseen:
            young.update(self._read(unseen))
            self._long += [word for word in unseen if len(word) > _LONGEST]
        if len(unseen) < len(missing):
            young.update({word: old[word] for word in missing if word in old})

    def _join(self, words: Iterable[str]) -> list[int] | None:
        """Return the ids of words one after the other; None where another thread forgot one."""
        try:
            return list(chain.from_iterable(map(self._young.__getitem__, words)))
        except KeyError:
            return None

    def _forget_long(self) -> None:
        while self._long:
            self._young.pop(self._long.pop(), None)

    def _read(self, words: list[str]) -> dict[str, list[int]]:
        """Return the ids of words that were not seen before, by one call."""
        read = self._tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        ids: list[list[int]] = [[] for _ in words]
        for place, i in zip(read.word_ids, read.ids, strict=True):
            ids[place].append(i)
        return dict(zip(words, ids, strict=True))
