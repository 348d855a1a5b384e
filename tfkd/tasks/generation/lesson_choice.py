"""Which of a teacher's texts a student learns to write (Kim & Rush 2016, arXiv:1606.07947)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from ...errors import UserError
from .scores import sentence_chrf

KEPT, EMPTY, FAR = "kept", "empty", "far"
"""What becomes of the teacher's text: it is learnt from; it has no letter; the reference says
something else."""
CHOICES = ("best", "interpolated", "mixed")
"""Which of the teacher's texts are learnt from."""


@dataclass(frozen=True)
class LessonRule:
    """How lessons are made of what a teacher wrote for a source.

    Attributes:
        written: `best` takes the text that is likeliest to the teacher; `interpolated`, of all its
            texts, the one with the highest sentence chrF against the reference; `mixed` the
            likeliest and, as a lesson of its own, the reference.
        least_chrf: A text whose sentence chrF against the reference is less is dropped, from 0 to
            1; 0 drops none.
        most_ratio: A text that has more than so many times as many characters as the reference, or
            as few, is dropped; 0 drops none.

    Raises:
        UserError: A setting that cannot be.

    >>> LessonRule("best", 0.1).choose(["a man", "a hat"], ["the hat"])
    ([], 'far')
    >>> LessonRule("best").choose(["a man", "a hat"], ["the hat"])
    (['a man'], 'kept')
    >>> LessonRule("interpolated").choose(["a man", "a hat"], ["the hat"])
    (['a hat'], 'kept')
    >>> LessonRule("mixed", most_ratio=2.0).choose(["a man in a hat"], ["a man"])
    (['a man'], 'far')
    """

    written: str = "best"
    least_chrf: float = 0.0
    most_ratio: float = 0.0

    def __post_init__(self) -> None:
        if self.written not in CHOICES:
            raise UserError(
                f"the setting written is {self.written!r}: write one of {', '.join(CHOICES)}."
            )
        if not (_is_number(self.least_chrf) and 0 <= self.least_chrf <= 1):
            raise UserError(
                f"the setting least_chrf is {self.least_chrf!r}: write a number from 0 to 1."
            )
        if not (_is_number(self.most_ratio) and (self.most_ratio == 0 or self.most_ratio >= 1)):
            raise UserError(
                f"the setting most_ratio is {self.most_ratio!r}: write a number, 1 or more, or 0 "
                "for any."
            )

    def choose(self, texts: Sequence[str], references: Sequence[str]) -> tuple[list[str], str]:
        """Return what the student learns to write for a source, and what became of the text.

        Args:
            texts: What the teacher wrote, the likeliest first.
            references: What would have been right; nothing for a source alone, of which the
                likeliest text is taken, however it is.
        """
        known = [text for text in references if text.strip()]
        texts = [text for text in texts if text.strip()]
        fate, lessons = EMPTY, list[str]()
        if texts:
            text = texts[0]
            if self.written == "interpolated" and known:
                # Of equal ones the likelier.
                text = max(texts, key=lambda each: sentence_chrf(each, known))
            fate = FAR if known and self._is_far(text, known) else KEPT
            lessons = [text] if fate == KEPT else []
        if self.written == "mixed":
            lessons += [text for text in known[:1] if text not in lessons]
        return lessons, fate

    def _is_far(self, text: str, references: Sequence[str]) -> bool:
        if self.least_chrf and sentence_chrf(text, references) < self.least_chrf:
            return True
        ratios = (len(text) / len(each) for each in references)
        return bool(self.most_ratio) and not any(
            1 / self.most_ratio <= ratio <= self.most_ratio for ratio in ratios
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
