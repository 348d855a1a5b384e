"""Successive halving: every candidate gets a part of a training, and the best ones get more.

A candidate goes on as soon as it is in the best third of those that came as far, without waiting
for others (ASHA, Li et al. 2020), so that several processes work on one search.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KEPT = 3
"""One of so many candidates goes on."""
FEWEST = 1_000
"""Texts below which a share says too little of a candidate."""
FEWEST_EPOCHS = 3
"""Epochs below which a part of them says too little."""


@dataclass(frozen=True)
class Rung:
    """How much of its whole training a candidate gets before it is compared.

    Attributes:
        share: Of the texts.
        epochs: Of the candidate's epochs, as a share.
    """

    share: float = 1.0
    epochs: float = 1.0

    @property
    def work(self) -> float:
        """What it costs, as a share of a whole training.

        >>> round(Rung(1 / 3, 1 / 3).work, 2)
        0.11
        """
        return self.share * self.epochs

    @property
    def name(self) -> str:
        """The rung as a part of a file name.

        >>> Rung(1 / 9).name, Rung(1.0, 1 / 3).name
        ('11-percent', '100-percent-33-percent-of-epochs')
        """
        found = name_share(self.share)
        return found if self.epochs == 1 else f"{found}-{name_share(self.epochs)}-of-epochs"

    def spell(self, whole: str = "all") -> str:
        """Return it in words.

        >>> Rung(1 / 3, 1 / 3).spell(), Rung(1.0, 1 / 3).spell(), Rung().spell("all 900 texts")
        ('1/3 in 1/3 of the epochs', 'all in 1/3 of the epochs', 'all 900 texts')
        """
        texts = whole if self.share == 1 else f"1/{round(1 / self.share)}"
        texts += f" of {whole}" if self.share < 1 and whole != "all" else ""
        return texts if self.epochs == 1 else f"{texts} in 1/{round(1 / self.epochs)} of the epochs"


WHOLE_TRAINING = Rung()


def name_share(share: float) -> str:
    """Return a share as a part of a file name.

    >>> name_share(1 / 9), name_share(1.0)
    ('11-percent', '100-percent')
    """
    return f"{100 * share:.0f}-percent"


def choose_rungs(texts: int, epochs: int) -> tuple[Rung, ...]:
    """Return what a candidate is trained with, one after the other: a ninth, a third, the whole.

    A rung is a share of the texts where that is enough of them, else of the epochs too; a ninth of
    the epochs would compare nothing but how fast candidates begin.

    Args:
        texts: The number of all texts to learn from.
        epochs: Of the default.

    >>> [rung.spell() for rung in choose_rungs(25_000, 4)]
    ['1/9', '1/3', 'all']
    >>> [rung.spell() for rung in choose_rungs(4_000, 20)]
    ['1/3 in 1/3 of the epochs', '1/3', 'all']
    >>> [rung.spell() for rung in choose_rungs(2_000, 20)]
    ['all in 1/3 of the epochs', 'all']
    >>> [rung.spell() for rung in choose_rungs(2_000, 2)]
    ['all']
    """
    shares = [share for share in (1 / KEPT**2, 1 / KEPT) if share * texts >= FEWEST]
    rungs = [*map(Rung, shares), WHOLE_TRAINING]
    if len(shares) < 2 and epochs >= FEWEST_EPOCHS:
        rungs.insert(0, Rung(rungs[0].share, 1 / KEPT))
    return tuple(rungs)


def goes_on(score: float, others: Iterable[float], *, higher_is_better: bool) -> bool:
    """Return whether a candidate is in the best third of those that came as far.

    One that only ties with others has to be among the best third with all of them before it: where
    all score the same, few go on.

    Args:
        score: Of the candidate.
        others: Of the others, on the same rung.
        higher_is_better: Whether the greatest score is the best one.

    >>> goes_on(0.8, [0.9, 0.7, 0.6, 0.5, 0.4], higher_is_better=True)
    True
    """
    known = list(others)
    sign = 1 if higher_is_better else -1
    better = sum(sign * other >= sign * score for other in known)
    return better < max(1, (len(known) + 1) // KEPT)


def count_trainings(trials: int, rungs: Sequence[Rung]) -> float:
    """Return how many whole trainings the trials of a search are worth, about.

    >>> round(count_trainings(40, choose_rungs(25_000, 4)), 1), count_trainings(40, (Rung(),))
    (13.3, 40.0)
    """
    return sum(trials * rung.work / KEPT**place for place, rung in enumerate(rungs))
