"""Rows that cannot be used: the first one stops the reading, or all are counted and ten named."""

from __future__ import annotations

from ..errors import UserError

NAMED = 10


class Faults:
    """What is wrong with single rows of a file.

    Args:
        collect: Whether to go on behind a bad row; if not, it is raised.

    Attributes:
        count: How many rows are bad.
        first: What is wrong with the first ten, with file and row.
    """

    def __init__(self, collect: bool = False) -> None:
        self.collect = collect
        self.count = 0
        self.first: list[str] = []

    def add(self, sentence: str) -> None:
        """Note a bad row.

        Args:
            sentence: File, row, and what is wrong with it; the cure after a semicolon.

        Raises:
            UserError: The sentence, where faults are not collected.
        """
        if not self.collect:
            raise UserError(sentence)
        self.count += 1
        if self.count <= NAMED:
            self.first.append(sentence)

    def describe(self, origin: str) -> str:
        """Name the first rows and what is wrong with them, without the cures.

        Args:
            origin: The file, which is not repeated for each row.

        >>> faults = Faults(collect=True)
        >>> for row in (3, 8):
        ...     faults.add(f"a.csv, row {row}: 'text' is empty; remove the row.")
        >>> faults.describe("a.csv")
        "row 3: 'text' is empty, row 8: 'text' is empty"
        """
        named = [s.removeprefix(f"{origin}, ").split(";")[0].rstrip(".") for s in self.first]
        more = f", ... ({self.count:,} in all)" if self.count > len(named) else ""
        return ", ".join(named) + more

    def refuse(self, origin: str, good: int) -> None:
        """Refuse a file with bad rows, all of them at once; without any, do nothing.

        Args:
            origin: The file.
            good: How many of its rows can be used.

        Raises:
            UserError: There are bad rows.
        """
        if self.count == 1:
            raise UserError(f"{self.first[0]} Or leave such rows out with --skip-bad.")
        if self.count:
            raise UserError(
                f"{self.count:,} of the {good + self.count:,} rows of {origin} cannot be used: "
                f"{self.describe(origin)}. Correct or remove them, or leave them out with "
                "--skip-bad."
            )
