"""Word pieces as MediaPipe's own tokenizer makes them, which is not quite BERT's.

A file that MediaPipe runs is read by its tokenizer, so `tfkd.runtime` reads such a file with the
same: only ASCII is lower-cased, accents stay, `<br />` is text like any other, words of more than
100 bytes are unknown, and a text ends where a NUL is.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from .encoder import TextEncoder
from .word_cache import MARKS, WordCache

# Bytes of a word.
LONGEST = 100
# No Unicode space is one here, nor is a vertical tab.
_SPACE = r"[\t\n\f\r ]+"
_WORDS = re.compile(rf"[^\t\n\f\r {MARKS}]+|[{MARKS}]")
_HAN = (
    r"\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2B73F}"
    r"\x{2B740}-\x{2B81F}\x{2B820}-\x{2CEAF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}"
)
# U+10ED0 is punctuation since Unicode 16, which this Regex does not know yet.
_MARK = r"[!-/:-@\[-`{-~\p{P}\x{10ED0}" + _HAN + "]"
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# 25 characters are 100 bytes at most.
_MAYBE_LONG = re.compile(r"[^\t\n\f\r ]{26,}")


class MediaPipeEncoder(TextEncoder):
    """MediaPipe's `BertTokenizer` over a vocabulary; beyond `max_length`, head and tail."""

    @property
    def lowercase(self) -> bool:
        """It always does, ASCII alone."""
        return True

    def read(self, text: str) -> str:
        """Return the text up to a NUL in small ASCII letters, too long words as unknown ones."""
        text = text.partition("\0")[0].translate(_LOWER)
        return _MAYBE_LONG.sub(lambda match: self._replace_long(match[0]), text)

    def _make_cache(self) -> WordCache:
        return WordCache(self.tokenizer, _WORDS.findall)

    def _replace_long(self, run: str) -> str:
        splitter = self.tokenizer.pre_tokenizer
        words = (run[start:end] for _, (start, end) in splitter.pre_tokenize_str(run))
        return "".join(
            "x" * (LONGEST + 1) if len(word.encode("utf-8", "surrogatepass")) > LONGEST else word
            for word in words
        )


def encoder(vocabulary: Sequence[str], max_length: int) -> MediaPipeEncoder:
    """Return the tokenizer of MediaPipe's text classifier.

    >>> pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "don", "'", "t", "caf", "##e"]
    >>> encoder(pieces, 16).encode("DON'T, Café cafe")
    [2, 4, 5, 6, 1, 1, 7, 8, 3]
    """
    ids = {piece: i for i, piece in enumerate(vocabulary)}
    # Longer words than LONGEST in characters are so in bytes.
    model = models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=LONGEST)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPACE), "removed"),
            pre_tokenizers.Split(Regex(_MARK), "isolated"),
        ]
    )
    return MediaPipeEncoder(tokenizer, max_length)
