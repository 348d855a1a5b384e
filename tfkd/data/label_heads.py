"""Labels of several kinds: each head of a model has classes of its own.

A label is written `HEAD=LABEL` where labels of all heads stand together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .labels import Classes

SIGN = "="


def name_label(head: str, label: str) -> str:
    """Return a label with its head.

    >>> name_label("intent", "PlayMusic")
    'intent=PlayMusic'
    """
    return f"{head}{SIGN}{label}"


def labels_of_head(head: str, values: Mapping[str, object]) -> dict:
    """Return what is known of the labels of one head, by the labels themselves.

    >>> labels_of_head("a", {"a=x": 1, "b=x": 2})
    {'x': 1}
    """
    prefix = name_label(head, "")
    return {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}


@dataclass(frozen=True)
class ClassesByHead(Classes):
    """The classes of all heads: names and ids by label with its head; each head counts from 0."""

    heads: Mapping[str, Classes] | None = None

    def including(self, first_seen: Mapping[str, str]) -> Classes:
        """Return the classes with the ids of these labels too.

        Args:
            first_seen: The labels of a split, each with its first row.

        Raises:
            UserError: A label that is no class of its head.
        """
        heads = {
            head: own.including(labels_of_head(head, first_seen))
            for head, own in (self.heads or {}).items()
        }
        return _join(heads, self.origin)


def find_classes_by_head(
    heads: tuple[str, ...],
    first_seen: Mapping[str, str],
    origin: str,
    find: Callable[[Mapping[str, str], str], Classes],
) -> Classes:
    """Find the classes of each head in the labels of the training split.

    Args:
        heads: The names of all heads; those whose labels are no classes have none.
        first_seen: The labels of the data, each with its first row.
        origin: Where they come from, for errors.
        find: Finds the classes of one head.

    Raises:
        UserError: What `find` says of a head.
    """
    seen = {head: labels_of_head(head, first_seen) for head in heads}
    return _join(
        {head: find(own, f"{origin} ({head})") for head, own in seen.items() if own}, origin
    )


def _join(heads: Mapping[str, Classes], origin: str) -> ClassesByHead:
    return ClassesByHead(
        tuple(name_label(head, name) for head, own in heads.items() for name in own.names),
        {name_label(head, key): i for head, own in heads.items() for key, i in own.ids.items()},
        origin,
        heads=heads,
    )
