"""Scores of relations as SemEval-2010 task 8 and TACRED count them. NumPy only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import UserError

_DIRECTED = re.compile(r"(.+?)\s*\(\s*(e1\s*,\s*e2|e2\s*,\s*e1)\s*\)")
_NEGATIVES = ("other", "norelation", "negative", "na", "none", "norel", "null")
"""What the class of no relation is usually called, without signs."""


def split_direction(name: str) -> tuple[str, str]:
    """Return a relation and its direction, empty where it has none.

    >>> split_direction("Cause-Effect(e2,e1)"), split_direction("Other")
    (('Cause-Effect', 'e2,e1'), ('Other', ''))
    """
    match = _DIRECTED.fullmatch(name.strip())
    return (match[1], re.sub(r"\s", "", match[2])) if match else (name, "")


def find_negative(names: Sequence[str], given: str = "") -> str:
    """Return the class that stands for no relation, empty where there is none.

    Args:
        names: All classes.
        given: The one that the user names; `-` for none.

    Raises:
        UserError: No class is called so.

    >>> find_negative(["Other", "Cause-Effect(e1,e2)"])
    'Other'
    """
    if given == "-":
        return ""
    if given and given not in names:
        raise UserError(
            f"other is {given!r}, and no relation is called so: write one of {', '.join(names)}, "
            'or "-" where every class is a relation.'
        )
    plain = {re.sub(r"[\W_]", "", name).casefold(): name for name in names}
    return given or next((plain[each] for each in _NEGATIVES if each in plain), "")


@dataclass(frozen=True)
class RelationsOfClasses:
    """Which classes are of one relation.

    Attributes:
        names: The relations without their directions, and without that of no relation.
        of_class: The relation of each class, -1 of no relation: `[classes]`.
    """

    names: tuple[str, ...]
    of_class: np.ndarray

    @classmethod
    def of(cls, classes: Sequence[str], negative: str) -> RelationsOfClasses:
        """Return the relations of classes.

        Args:
            classes: Their names.
            negative: That of no relation; empty for none.

        >>> RelationsOfClasses.of(["A(e1,e2)", "A(e2,e1)", "Other"], "Other").of_class.tolist()
        [0, 0, -1]
        """
        plain = {name: split_direction(name)[0] for name in classes if name != negative}
        names = tuple(dict.fromkeys(plain.values()))
        of_class = [names.index(plain[name]) if name in plain else -1 for name in classes]
        return cls(names, np.array(of_class, "int64"))


def count_relations(
    relations: RelationsOfClasses, labels: np.ndarray, answers: np.ndarray
) -> dict[str, np.ndarray]:
    """Return for each relation how often it is right, a label, an answer, and reversed.

    An answer with the wrong direction is one of this relation that is not right, which costs
    precision and recall: so the official scorer counts it.

    Args:
        relations: Those of the classes.
        labels: Class ids, `[examples]`, none of which is unknown.
        answers: Class ids, `[examples]`.
    """
    ours, theirs = relations.of_class[labels], relations.of_class[answers]

    def count(of: np.ndarray) -> np.ndarray:
        return np.bincount(of[of >= 0], minlength=len(relations.names))

    same = labels == answers
    return {
        "right": count(ours[same]),
        "labels": count(ours),
        "answers": count(theirs),
        "reversed": count(ours[(ours == theirs) & ~same]),
    }


def macro_f1(counts: Mapping[str, np.ndarray]) -> float:
    """Return the mean of F1 over the relations that occur among the labels.

    >>> counts = {"right": np.array([1, 0]), "labels": np.array([1, 0]), "answers": np.ones(2)}
    >>> macro_f1(counts)
    1.0
    """
    there = counts["labels"] > 0
    scores = 2 * counts["right"] / np.maximum(counts["labels"] + counts["answers"], 1)
    return float(scores[there].mean()) if there.any() else 0.0


def micro_f1(counts: Mapping[str, np.ndarray]) -> float:
    """Return F1 over all relations together, where no relation is neither a hit nor a miss."""
    total = counts["labels"].sum() + counts["answers"].sum()
    return float(2 * counts["right"].sum() / total) if total else 0.0
