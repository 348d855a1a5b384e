"""Exact match and F1 as the official scripts of SQuAD and of CMRC 2018 count them.

SQuAD: Rajpurkar et al. 2016, arXiv:1606.05250, section 6.1, and 2018, arXiv:1806.03822; CMRC 2018:
Cui et al. 2019, arXiv:1810.07366. Each answer is scored against every right one, and the best
counts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CHINESE = re.compile(r"[\u4e00-\u9fa5]")
# The marks that the script of CMRC 2018 leaves out.
_MARKS = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_PARTS = re.compile(r"[\u4e00-\u9fa5]|[^\W\u4e00-\u9fa5]+|[^\w\s]")

METHODS = ("auto", "words", "characters")


def normalise(text: str) -> str:
    """Return a text in lower case without punctuation, articles and superfluous blanks.

    >>> normalise("The  Denver Broncos!"), normalise("a.m.")
    ('denver broncos', 'am')
    """
    text = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def word_f1(answer: str, right: str) -> float:
    """Return the F1 of the words that two texts share; of empty ones, whether both are.

    >>> round(word_f1("the Denver Broncos team", "Denver Broncos"), 4)
    0.8
    """
    ours, theirs = normalise(answer).split(), normalise(right).split()
    if not ours or not theirs:
        return float(ours == theirs)
    return _f1(sum((Counter(ours) & Counter(theirs)).values()), len(ours), len(theirs))


def character_f1(answer: str, right: str) -> float:
    """Return the F1 of the longest stretch that two texts share, in Chinese characters and words.

    >>> character_f1("光荣公司", "光荣")
    0.6666666666666666
    """
    ours, theirs = _segments(answer), _segments(right)
    if not ours or not theirs:
        return float(ours == theirs)
    return _f1(_longest_shared(ours, theirs), len(ours), len(theirs))


def _f1(shared: int, ours: int, theirs: int) -> float:
    return 2.0 * shared / (ours + theirs)


def _segments(text: str) -> list[str]:
    """Return each Chinese character and each other word, without punctuation."""
    return [part for part in _PARTS.findall(text.lower()) if part not in _MARKS]


def _longest_shared(ours: Sequence[str], theirs: Sequence[str]) -> int:
    longest, before = 0, [0] * (len(theirs) + 1)
    for part in ours:
        now = [0] * (len(theirs) + 1)
        for place, other in enumerate(theirs, 1):
            if part == other:
                now[place] = before[place - 1] + 1
                longest = max(longest, now[place])
        before = now
    return longest


def _without_marks(text: str) -> str:
    return "".join(each for each in text.lower().strip() if each not in _MARKS)


def is_chinese(context: str) -> bool:
    """Return whether at least every fifth character of a context is Chinese.

    >>> is_chinese("《战国无双3》是由光荣和ω-force开发的"), is_chinese("Tokyo (東京) is in Japan")
    (True, False)
    """
    return 5 * len(_CHINESE.findall(context)) >= len(context) > 0


def score_answer(
    answer: str, golds: Sequence[str], context: str, method: str = "auto"
) -> tuple[float, float]:
    """Return exact match and F1 of an answer, against the right one that is nearest.

    Args:
        answer: The text of the answer; empty for none.
        golds: The right ones; none where the context does not answer the question.
        context: Decides what is compared, where `method` is "auto".
        method: "words", as SQuAD's scripts do, "characters", as that of CMRC 2018 does, or "auto":
            characters for Chinese contexts.

    >>> score_answer("Broncos", ["Denver Broncos", "the Broncos"], "The Denver Broncos won.")
    (1.0, 1.0)
    >>> score_answer("", [], "The Denver Broncos won."), score_answer("won", [], "They won.")
    ((1.0, 1.0), (0.0, 0.0))
    """
    chinese = method == "characters" or (method == "auto" and is_chinese(context))
    clean, f1 = (_without_marks, character_f1) if chinese else (normalise, word_f1)
    # As in SQuAD 2.0, right answers of which nothing is left do not count.
    rights = [gold for gold in golds if clean(gold)] or [""]
    answer_left = clean(answer)
    exact = max(float(answer_left == clean(right)) for right in rights)
    return exact, max(f1(answer, right) for right in rights)
