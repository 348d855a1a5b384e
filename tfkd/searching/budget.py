"""What a student may take: megabytes of its file, milliseconds of an answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import UserError


@dataclass(frozen=True)
class Measured:
    """What a file takes.

    Attributes:
        megabytes: Its size, a million bytes each.
        milliseconds: The median time of an answer to one example, with its tokenizer.
        parameters: The numbers of the student that it was made of.
    """

    megabytes: float
    milliseconds: float
    parameters: int

    def __str__(self) -> str:
        return f"{spell(self.megabytes)} MB and {spell(self.milliseconds)} ms"


@dataclass(frozen=True)
class Budget:
    """What a file may take at most.

    Attributes:
        megabytes: The size of the file, a million bytes each; 0 for no limit.
        milliseconds: The median time of an answer, with its tokenizer; 0 for no limit.

    Raises:
        UserError: A limit that is no number from 0 up.

    >>> Budget(megabytes=1).refuse(Measured(2.31, 0.1, 10))
    '2.31 MB, over 1 MB'
    """

    megabytes: float = 0
    milliseconds: float = 0

    def __post_init__(self) -> None:
        for name, flag in (("megabytes", "--max-mb"), ("milliseconds", "--max-ms")):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value >= 0):
                raise UserError(
                    f"{flag} is {value!r}: write a number of {name}, e.g. 1, or 0 for no limit."
                )

    def refuse(self, measured: Measured) -> str:
        """Return why a file does not fit, in a sentence; empty where it fits.

        Args:
            measured: What it takes.
        """
        limits = (
            (measured.megabytes, self.megabytes, "MB"),
            (measured.milliseconds, self.milliseconds, "ms"),
        )
        over = [
            f"{_spell_above(value, limit)} {unit}, over {spell(limit)} {unit}"
            for value, limit, unit in limits
            if limit and value > limit
        ]
        return " and ".join(over)


def _spell_above(value: float, limit: float) -> str:
    """Return a number with as many digits as it takes to be seen above its limit."""
    digits = (f"{value:.{count}g}" for count in range(3, 17))
    return next((each for each in (spell(value), *digits) if float(each) > limit), str(value))


def spell(value: float) -> str:
    """Return a number with three digits that count.

    >>> spell(2.3149), spell(1), spell(12345.6)
    ('2.31', '1', '12346')
    """
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
