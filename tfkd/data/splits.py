"""Cutting a validation and a test split from train, by a hash of the text.

A text's place depends on the seed and on the text alone, never on its position: the same text is
always in the same split, and a shuffled file is cut the same way.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from ..errors import UserError
from .columns import Record
from .faults import Faults
from .reader import ExampleReader

BUCKETS = 100_000
FEWEST = 20
TEST_SHARE = 0.2
VALIDATION_SHARE, VALIDATION_LEAST, VALIDATION_MOST = 0.05, 50, 2_500
# A data set with more classes than this is one whose label column is something else.
MOST_LABELS = 10_000


def bucket(text: str, seed: int) -> int:
    """Return the bucket of a text, 0 to `BUCKETS` - 1.

    >>> bucket("a fine film", 0), bucket("a fine film", 1)
    (22989, 17091)
    """
    return hash_text(text, seed) % BUCKETS


def hash_text(text: str, seed: int) -> int:
    """Return a number of a text and a seed, below 2 to the power of 64."""
    key = str(seed).encode()[:64]
    digest = blake2b(text.encode(), digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big")


@dataclass
class Tally:
    """Counters of one pass over a split, and one entry for each label."""

    rows: int = 0
    labelled: int = 0
    first: dict[str, str] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)
    filled: array = field(default_factory=lambda: array("Q", bytes(8 * BUCKETS)))


def tally(
    records: Iterable[Record],
    reader: ExampleReader,
    *,
    seed: int | None = None,
    whole: bool = False,
    faults: Faults | None = None,
) -> Tally:
    """Count checked rows and their class names.

    Args:
        records: The rows of one split.
        reader: Finds their texts and labels.
        seed: Counts labelled rows by bucket too, for a cut, unless it is None.
        whole: Whether each row must have a label.
        faults: Takes the rows without a label that must have one; by default they are raised.

    Raises:
        UserError: A row without a label in a split that needs labels, or too many class names.
    """
    seen, faults = Tally(), faults or Faults()
    for where, example in records:
        if not reader.can_test(example) and whole:
            faults.add(f"{where}: no label; only train may be partly labelled.")
            continue
        try:
            labels = reader.label_keys(example)
        except UserError as error:
            faults.add(f"{where}: {error}")
            continue
        seen.rows += 1
        if not reader.can_test(example):
            continue
        seen.labelled += 1
        place = None if seed is None else bucket(reader.split_key(example), seed)
        if place is not None:
            seen.filled[place] += 1
        for label in labels:
            if label not in seen.first:
                _note(seen, label, where)
            if place is not None:
                seen.highest[label] = max(place, seen.highest.get(label, 0))
    return seen


def _note(seen: Tally, label: str, where: str) -> None:
    seen.first[label] = where
    if len(seen.first) > MOST_LABELS:
        raise UserError(
            f"{where}: more than {MOST_LABELS:,} different labels. Is this a label column? "
            "Name the right one with --label-column, or write --form regression where the labels "
            "are numbers to predict."
        )


@dataclass(frozen=True)
class Cut:
    """Buckets [start, stop) of each split that train gives up, less those that train keeps."""

    ranges: Mapping[str, tuple[int, int]]
    kept: frozenset[int]
    seed: int

    def split_of(self, text: str) -> str:
        """Return the split of a labelled text."""
        place = bucket(text, self.seed)
        for split, (start, stop) in self.ranges.items():
            if start <= place < stop and place not in self.kept:
                return split
        return "train"

    def count(self, seen: Tally) -> dict[str, int]:
        """Count the rows of each split after the cut."""
        counts = {
            split: sum(seen.filled[start:stop])
            - sum(seen.filled[place] for place in self.kept if start <= place < stop)
            for split, (start, stop) in self.ranges.items()
        }
        return {"train": seen.rows - sum(counts.values()), **counts}


def plan_cut(seen: Tally, missing: Iterable[str], seed: int, origin: str) -> Cut:
    """Choose the buckets of the `missing` splits ("test", "validation").

    Args:
        seen: What the pass over train counted, with a seed.
        missing: The splits to cut from it.
        seed: Seed of the buckets, the same as of the pass.
        origin: What to call train in an error.

    Raises:
        UserError: Too few rows, or too few different texts, to cut anything from.
    """
    missing, labelled = tuple(missing), seen.labelled
    if labelled < FEWEST:
        raise UserError(
            f"{origin} has {labelled} labelled rows; cutting {' and '.join(missing)} from them "
            f"needs at least {FEWEST}. Add rows, or give the splits with --validation and --test."
        )
    ranges, start = {}, 0
    for split in missing:
        stop = find_stop(seen, start, TEST_SHARE if split == "test" else validation_share(labelled))
        ranges[split], start = (start, stop), stop
    # A rare class may fall into the cut as a whole: its text of the highest bucket stays.
    kept = frozenset(place for place in seen.highest.values() if place < start)
    cut = Cut(ranges, kept, seed)
    if 0 in cut.count(seen).values():
        raise UserError(
            f"{origin} has too few different texts to cut {' and '.join(missing)} from; "
            "give the splits with --validation and --test."
        )
    return cut


def validation_share(rows: int) -> float:
    """Return 5 % of `rows` as a share; more for small data and less for large.

    >>> [round(validation_share(n) * n) for n in (100, 500, 10_000, 1_000_000)]
    [20, 50, 500, 2500]
    """
    share = max(VALIDATION_SHARE, VALIDATION_LEAST / rows)
    return min(share, TEST_SHARE, VALIDATION_MOST / rows)


def find_stop(seen: Tally, start: int, share: float) -> int:
    """Return the end of a range of this share of the buckets, widened until it holds a row."""
    stop = min(BUCKETS, start + max(1, round(share * BUCKETS)))
    first = next((place for place in range(start, BUCKETS) if seen.filled[place]), 0)
    return max(stop, first + 1)
