"""The words of a text as scores count them, Chinese and Japanese by characters."""

from __future__ import annotations

import re

# Kana, and ideographs of all planes: languages without blanks.
CHARACTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = re.compile("[\u3040-\u30ff]")
_IDEOGRAPH = re.compile(f"[{CHARACTERS}]")
_UNIT = re.compile(rf"[{CHARACTERS}]|[^\W_{CHARACTERS}]+")


def split_units(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation.

    Of English these are the words of `rouge-score` without its stemmer.

    >>> split_units("The cat's 2 hats_on; Übung")
    ['the', 'cat', 's', '2', 'hats', 'on', 'übung']
    >>> split_units("我爱 NLP。")
    ['我', '爱', 'nlp']
    """
    return _UNIT.findall(text.lower())


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
