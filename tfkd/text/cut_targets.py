"""How many texts to write are cut where a set of examples is encoded, said once for the set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..progress import logger


@contextmanager
def tell_cut_targets(encoder: Any, name: str) -> Iterator[None]:
    """Log how many texts to write were cut inside the block; nothing where none was.

    Args:
        encoder: The tokenizer that encodes them, in as many parts as it takes.
        name: What the set of examples is called.
    """
    before = _counts(encoder)
    yield
    for longest, (cut, texts) in _counts(encoder).items():
        cut_before, texts_before = before.get(longest, (0, 0))
        if cut > cut_before:
            logger.warning(
                "%s: %s of %s texts to write are cut after %s tokens, and no model writes more: "
                "give a larger setting longest.",
                name,
                f"{cut - cut_before:,}",
                f"{texts - texts_before:,}",
                f"{longest:,}",
            )


def _counts(encoder: Any) -> dict[int, tuple[int, int]]:
    """Return by the longest how many texts were cut so far, and of how many."""
    counts = getattr(encoder, "cut_targets", {})
    return {longest: (cut, texts) for longest, (cut, texts) in counts.items()}
