r"""CUSUM: a sum that stays near zero while a rate is what it was, and grows once it has changed.

For the share of texts of one class, with $x_t$ 1 where text $t$ is of the class and 0 where not,

$$ S_t = \max\left(0,\; S_{t-1} + \log \frac{P(x_t;\, p_1)}{P(x_t;\, p_0)}\right),
   \qquad \text{alarm when } S_t > h. $$

Page, Continuous Inspection Schemes, Biometrika 41 (1954); for a share, text by text: Reynolds and
Stoumbos, Journal of Quality Technology 31 (1999). The texts until a false alarm are at least $e^h$
in the mean (Lorden, Annals of Mathematical Statistics 42, 1971), so that $h$ follows from how many
there have to be, without tables or trials. For $p_0$, which is only known from a reference, the end
of its interval is taken that is nearer to $p_1$: the bound holds for every rate within.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LEAST = 1e-4
"""No class is taken to be rarer, or a single text of it would be an alarm."""
_WIDTH = 1.645  # of the interval of a rate, in standard errors: 95 % sure on each side


@dataclass
class Cusum:
    """One side of the test: for a rate that has risen, or for one that has fallen.

    Attributes:
        gain: What a text of the class adds.
        loss: What any other text adds.
        total: The sum.
        texts: Texts since the sum was zero last, of which the change is estimated.
        hits: Those of the class among them.
        since: The time of the first of them.
    """

    gain: float
    loss: float
    total: float = 0.0
    texts: int = 0
    hits: int = 0
    since: float = 0.0

    @classmethod
    def between(cls, before: float, after: float) -> Cusum:
        """Return the test of one rate against another."""
        return cls(math.log(after / before), math.log((1 - after) / (1 - before)))

    def add(self, hit: bool, time: float) -> float:
        """Count a text and return the sum.

        Args:
            hit: Whether it is of the class.
            time: Its time.

        >>> test = Cusum.between(0.2, 0.4)
        >>> [round(test.add(hit, 0.0), 2) for hit in (False, True, True, False)]
        [0.0, 0.69, 1.39, 1.1]
        """
        self.total += self.gain if hit else self.loss
        if self.total <= 0:
            self.total, self.texts, self.hits = 0.0, 0, 0
            return 0.0
        if not self.texts:
            self.since = time
        self.texts += 1
        self.hits += hit
        return self.total


def interval(hits: int, texts: int) -> tuple[float, float]:
    """Return where a rate lies that was `hits` of `texts`: 95 % sure on each side.

    Wilson, Journal of the American Statistical Association 22 (1927).

    >>> [round(end, 3) for end in interval(60, 300)]
    [0.165, 0.241]
    """
    square = _WIDTH**2 / texts
    middle = hits / texts + square / 2
    half = _WIDTH * math.sqrt(hits / texts * (1 - hits / texts) / texts + square / (4 * texts))
    return max((middle - half) / (1 + square), 0.0), min((middle + half) / (1 + square), 1.0)


def change_odds(rate: float, times: float) -> float:
    """Return the rate whose odds are so many times those of another.

    >>> round(change_odds(0.2, 2), 4)
    0.3333
    """
    odds = times * rate / (1 - rate)
    return odds / (1 + odds)


def threshold(run_length: float, sums: int) -> float:
    """Return the least sum that is an alarm.

    Args:
        run_length: Texts in the mean between false alarms, at least.
        sums: Sums that each text is added to, any of which may raise a false alarm.

    >>> round(threshold(10_000, 12), 2)
    11.7
    """
    return math.log(run_length * sums)
