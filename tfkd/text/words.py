"""Words, the unit of tasks that label parts of a text: what they are, and how rows hold them.

Teacher and student may cut a text into other pieces; its words are the same for both. A row of such
a task has, beside its ids, `word_starts`: where the first piece of each of its words stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

IDS = "input_ids"
DECODER_IDS = "decoder_input_ids"
"""What a model that writes has written so far, the token that starts it first, `[tokens]`."""
WORD_STARTS = "word_starts"
"""The position of the first piece of each word of a row, `[words]`."""
WORD_ENDS = "word_ends"
"""One past the position of the last piece of each word, `[words]`."""
FIRST_WORD = "first_word"
"""Which word of its example is the first one of a row."""
NO_WORD = -1
FILLS: Mapping[str, int] = {WORD_STARTS: NO_WORD, WORD_ENDS: NO_WORD}
"""What the end of shorter rows is padded with, by name; all other arrays with 0, or as ids are."""
NO_CELL = -1e4
"""The logit of a word that is padding, where the words of a row are the classes."""

_IDEOGRAPHS = (
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
    *((0x20000, 0x2FA1F), (0x30000, 0x323AF)),
)
_WORD = re.compile("[sc]m*|[om]+")


@dataclass(frozen=True)
class Words:
    """The words of one example.

    Attributes:
        words: Each word as it stands in the data.
        text: The text that they were found in, exactly as given; None where words were given.
        spans: The first character of each word in `text`, and one past its last one.
    """

    words: tuple[str, ...]
    text: str | None = None
    spans: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.words)


def split_words(text: str) -> Words:
    """Return the words of a text, with the places of their characters in it.

    White space parts words. Each punctuation mark, each symbol and each Chinese character is a word
    by itself, together with the combining marks and joiners behind it; all other characters that
    stand together are one word. Letters are neither cleaned nor normalised: a span is one of the
    text exactly as it was given.

    Args:
        text: Any text.

    >>> split_words("Don't!").words
    ('Don', "'", 't', '!')
    >>> split_words("in 北京 today").spans
    ((0, 2), (3, 4), (4, 5), (6, 11))
    """
    spans = tuple(match.span() for match in _WORD.finditer(text.translate(_KINDS)))
    return Words(tuple(text[start:end] for start, end in spans), text, spans)


class _Kinds(dict):
    """The kind of each character, a letter for each: found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = kind = _kind_of(code)
        return kind


def _kind_of(code: int) -> str:
    """Return `b`lank, `s`ymbol, `c` for Chinese, `m`ark or joiner, or `o`ther."""
    character = chr(code)
    category = unicodedata.category(character)
    if character.isspace():
        return "b"
    if any(first <= code <= last for first, last in _IDEOGRAPHS):
        return "c"
    if category[0] in "PS":
        return "s"
    return "m" if category[0] == "M" or category == "Cf" else "o"


_KINDS = _Kinds()


def with_ends(inputs: Sequence[str]) -> tuple[str, ...]:
    """Return the names of arrays that a teacher is given: where words end, beside where they start.

    A model of tokens ends an answer with the last piece of a word, whatever its student reads.

    Args:
        inputs: The names of the arrays that a student reads.

    >>> with_ends(("input_ids", "word_starts"))
    ('input_ids', 'word_starts', 'word_ends')
    """
    more = (WORD_ENDS,) if WORD_STARTS in inputs and WORD_ENDS not in inputs else ()
    return (*inputs, *more)


def count_units(row: Mapping[str, Any]) -> int:
    """Return how many words a row has, or how many tokens where it knows of no words.

    It is the number that `None` stands for in the shape of an output; 1 where there are neither. Of
    a text that is written, its tokens count, and not those of its source.

    Args:
        row: Arrays by name, without padding.

    >>> count_units({"input_ids": [2, 7, 8, 3], "word_starts": [1]})
    1
    >>> count_units({"input_ids": [2, 7, 8, 3], "decoder_input_ids": [2, 9]})
    2
    """
    for name in (WORD_STARTS, DECODER_IDS, IDS):
        if name in row:
            return len(row[name])
    return 1
