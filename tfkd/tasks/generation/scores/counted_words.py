"""The words of a text as scores count them, Chinese and Japanese by characters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Kana, and ideographs of all planes: languages without blanks.
CHARACTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = re.compile("[\u3040-\u30ff]")
_IDEOGRAPH = re.compile(f"[{CHARACTERS}]")
_LETTER = rf"[^\W_{CHARACTERS}]"


def split_units(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation.

    Signs of vowels, accents and joiners are part of their word. Of English these are the words of
    `rouge-score` without its stemmer.

    >>> split_units("The cat's 2 hats_on; Übung")
    ['the', 'cat', 's', '2', 'hats', 'on', 'übung']
    >>> split_units("我爱 NLP。")
    ['我', '爱', 'nlp']
    >>> split_units("किताब, cafe\u0301")
    ['किताब', 'café']
    """
    text = unicodedata.normalize("NFC", text.lower())
    marks = "" if text.isascii() else "".join(sorted(filter(_is_mark, set(text))))
    return _units(marks).findall(text)


def _is_mark(character: str) -> bool:
    """Return whether a character belongs to the letter before it: a vowel sign, or a joiner."""
    category = unicodedata.category(character)
    return category[0] == "M" or category == "Cf"


@lru_cache(maxsize=256)
def _units(marks: str) -> re.Pattern[str]:
    """Return what a word is, in which these marks may stand behind a letter."""
    within = f"(?:{_LETTER}|[{re.escape(marks)}])*" if marks else f"{_LETTER}*"
    return re.compile(f"[{CHARACTERS}]|{_LETTER}{within}")


def without_blanks(text: str) -> str:
    """Return which language without blanks most of a text is in: "zh", "ja", or "".

    >>> without_blanks("我爱你"), without_blanks("これは本です"), without_blanks("Tokyo (東京)")
    ('zh', 'ja', '')
    """
    found = len(_IDEOGRAPH.findall(text))
    if 2 * found <= len(re.sub(r"[\W_]", "", text)):
        return ""
    # Chinese texts quote a kana now and then; Japanese ones are half of them.
    return "ja" if 10 * len(_KANA.findall(text)) > found else "zh"
