"""Files in which what is to be written stands already."""

from __future__ import annotations

from ...errors import UserError

MOST, FEWEST = 0.5, 10
"""The share of targets that may be their sources, of at least so many."""


def refuse_copies(same: int, pairs: int) -> None:
    """Refuse data whose targets are the sources.

    Args:
        same: How many are.
        pairs: How many there are.

    Raises:
        UserError: Most of them.
    """
    if pairs >= FEWEST and same > MOST * pairs:
        raise UserError(
            f"{same:,} of {pairs:,} training texts are to become what they are already: name the "
            "columns of what is read and of what is to be written with --text-column and "
            "--label-column."
        )
