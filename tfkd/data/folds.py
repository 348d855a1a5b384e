"""Folds of the training split, each of which is the test split of one run.

A text's fold depends on the seed and on the texts, never on their order: equal texts are always in
the same fold, and the classes are spread evenly over the folds where a text has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import UserError
from .columns import Record
from .reader import ExampleReader
from .splits import (
    BUCKETS,
    FEWEST,
    Cut,
    Tally,
    find_stop,
    hash_text,
    validation_share,
)

MOST_FOLDS = 100


@dataclass
class _Group:
    """All rows of one text."""

    rows: int = 0
    labels: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class FoldCut(Cut):
    """The cut of a validation split from what is left when the texts of a fold are the test split.

    Attributes:
        tested: The hashes of the texts of the fold.
        counts: The rows of each split.
    """

    tested: frozenset[int] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)

    def split_of(self, text: str) -> str:
        """Return the split of a labelled text."""
        return "test" if hash_text(text, self.seed) in self.tested else super().split_of(text)

    def count(self, seen: Tally) -> dict[str, int]:
        """Count the rows of each split after the cut."""
        return {"train": seen.rows - sum(self.counts.values()), **self.counts}


def parse_fold(written: str) -> tuple[int, int]:
    """Return number and count of a fold.

    >>> parse_fold("2/5")
    (2, 5)

    Raises:
        UserError: No such fold.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", written)
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= count or not 2 <= count <= MOST_FOLDS:
        raise UserError(f"fold is {written!r}: write 1/5 to 5/5, say, for one of five folds.")
    return number, count


def plan_fold(
    records: Iterable[Record],
    reader: ExampleReader,
    fold: tuple[int, int],
    *,
    seed: int,
    validation: bool,
    origin: str,
) -> FoldCut:
    """Choose the texts of a fold, and those of the validation split out of the others.

    Args:
        records: The rows of the training split.
        reader: Finds their texts and labels.
        fold: Its number from 1, and the number of folds.
        seed: Of the folds.
        validation: Whether a validation split is to be cut.
        origin: What to call the training split in an error.

    Raises:
        UserError: Too few rows, or too few different texts.
    """
    groups = _group_texts(records, reader, seed)
    number, count = fold
    rows = sum(group.rows for group in groups.values())
    if rows < FEWEST or len(groups) < 2 * count:
        raise UserError(
            f"{origin} has {rows:,} labelled rows of {len(groups):,} different texts; {count} "
            f"folds need at least {max(FEWEST, 2 * count)} of both."
        )
    folds = _assign_folds(groups, count)
    tested = frozenset(key for key, place in folds.items() if place == number - 1)
    if not tested:
        raise UserError(f"{origin} has too few different texts for {count} folds: take fewer.")
    rest = _tally_rest(groups, tested)
    ranges = {"test": (0, 0)}
    if validation:
        ranges["validation"] = (0, find_stop(rest, 0, validation_share(rest.labelled)))
    cut = Cut(ranges, frozenset(rest.highest.values()), seed)
    counts = {**cut.count(rest), "test": sum(groups[key].rows for key in tested)}
    del counts["train"]
    if 0 in counts.values():
        raise UserError(
            f"{origin} has too few different texts to cut validation texts from them too: give "
            "some with --validation."
        )
    return FoldCut(ranges, cut.kept, seed, tested=tested, counts=counts)


def _group_texts(records: Iterable[Record], reader: ExampleReader, seed: int) -> dict[int, _Group]:
    groups: dict[int, _Group] = {}
    for _, example in records:
        if reader.can_test(example):
            group = groups.setdefault(hash_text(reader.split_key(example), seed), _Group())
            group.rows += 1
            group.labels.update(reader.label_keys(example))
    return groups


def _assign_folds(groups: Mapping[int, _Group], count: int) -> dict[int, int]:
    """Return the fold of each text, from 0; the only text of a class is in none."""
    by_class: dict[str, list[int]] = {}
    for key in sorted(groups):
        labels = groups[key].labels
        by_class.setdefault(next(iter(labels)) if len(labels) == 1 else "", []).append(key)
    folds, totals = {}, [0] * count
    for label in sorted(by_class):
        own = [0] * count
        if label and len(by_class[label]) == 1:
            continue
        for key in by_class[label]:
            place = min(range(count), key=lambda n: (own[n], totals[n]))
            folds[key] = place
            own[place] += groups[key].rows
            totals[place] += groups[key].rows
    return folds


def _tally_rest(groups: Mapping[int, _Group], tested: frozenset[int]) -> Tally:
    """Count the labelled rows that are not tested, by bucket."""
    rest = Tally()
    for key, group in groups.items():
        if key in tested:
            continue
        place = key % BUCKETS
        rest.rows += group.rows
        rest.labelled += group.rows
        rest.filled[place] += group.rows
        for label in group.labels:
            rest.highest[label] = max(place, rest.highest.get(label, 0))
    return rest
