"""What the models of a run say of its test texts, and what they can still be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

SECONDS = 60.0  # that a teacher may take for one part of the page
Asked = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Answers:
    """Texts `[n]`, their labels, and the probabilities `[n, classes]` of student and teacher.

    `teacher` is None where there are no outputs of it, `ask_teacher` where it cannot be run; then
    `facts` say why. `rate` is how many texts a second it read when the run was measured.
    """

    texts: list[str]
    labels: np.ndarray
    classes: tuple[str, ...]
    student: np.ndarray
    ask: Asked
    teacher: np.ndarray | None = None
    ask_teacher: Asked | None = None
    rate: float | None = None
    facts: dict = field(default_factory=dict)

    @property
    def both(self) -> dict[str, np.ndarray]:
        """The probabilities by model, the teacher first where it has any."""
        given = {"teacher": self.teacher, "student": self.student}
        return {name: each for name, each in given.items() if each is not None}

    def askable(self, texts: int) -> tuple[dict[str, Asked], str]:
        """Who answers so many new texts, and why the teacher does not, if it does not."""
        if self.ask_teacher is None:
            return {"student": self.ask}, str(self.facts.get("teacher_missing", "no teacher"))
        if not self.rate or texts / self.rate > SECONDS:
            slow = f"it would take more than {SECONDS:.0f} s for {texts:,} texts"
            return {"student": self.ask}, slow if self.rate else "its speed was not measured"
        return {"teacher": self.ask_teacher, "student": self.ask}, ""


def chosen(total: int, most: int) -> np.ndarray:
    """At most `most` of `total` positions, the same ones each time, in their order.

    >>> chosen(5, 9).tolist(), len(chosen(1000, 10))
    ([0, 1, 2, 3, 4], 10)
    """
    if most >= total:
        return np.arange(total)
    return np.sort(np.random.default_rng(0).permutation(total)[:most])
