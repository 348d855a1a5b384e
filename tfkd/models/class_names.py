"""Names of classes: whether they are names at all."""

from __future__ import annotations

from collections.abc import Sequence


def are_names(labels: Sequence[str]) -> bool:
    """Return whether labels are names, and no numbers or Hugging Face's default `LABEL_0`.

    >>> are_names(("bad", "good")), are_names(("LABEL_0", "LABEL_1"))
    (True, False)
    """
    return not any(name.casefold().removeprefix("label_").isdecimal() for name in labels)
