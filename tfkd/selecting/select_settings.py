"""How texts are selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError

MOST_AUDIT = 0.9


@dataclass(frozen=True)
class SelectSettings:
    """How texts are selected.

    Attributes:
        encoder: An exported file that gives vectors, or the folder of its run; by default vectors
            are made of the words.
        student: An exported file of the student so far, or the folder of its run; of texts that are
            alike, the one is taken that it is least sure of.
        answered: Folders of `tfkd label`, and files of texts, whose texts are not chosen again.
        audit: The share of the texts that is drawn at random and written to a file of its own.
        seed: Of what is drawn.
        near: The cosine from which on two texts are nearly the same, so that one of them is enough.
        text_column: The name of the column with the text; of pairs both, `"A,B"`.
        header: Names of the columns of a table without a header.
        encoding: Of a file that is neither UTF-8 nor UTF-16.
        skip_bad: Whether rows without a text or with errors are left out.
        threads: CPU threads of the student and the encoder.

    Raises:
        UserError: A value that cannot be.
    """

    encoder: str | Path = ""
    student: str | Path = ""
    answered: Sequence[str | Path] = ()
    audit: float = 0.1
    seed: int = 0
    near: float = 0.95
    text_column: str = ""
    header: str = ""
    encoding: str = ""
    skip_bad: bool = False
    threads: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.audit <= MOST_AUDIT:
            raise UserError(
                f"audit is {self.audit}: write a share from 0 to {MOST_AUDIT}, such as 0.1."
            )
        if not 0 < self.near <= 1:
            raise UserError(f"near is {self.near}: write a cosine above 0 and up to 1, e.g. 0.95.")
        if not 0 <= self.seed < 2**31:
            raise UserError(f"seed is {self.seed}: write a number from 0 to {2**31 - 1}.")
        if self.threads < 1:
            raise UserError(f"threads is {self.threads}: write at least 1.")
        if isinstance(self.answered, (str, Path)):
            object.__setattr__(self, "answered", (self.answered,))
