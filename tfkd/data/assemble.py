"""One pass over each split, then classes, missing splits and counts: a `Data`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..progress import logger
from .class_files import find_names, read_classes, read_names
from .examples import SPLITS, Data, Example
from .faults import Faults
from .folds import plan_fold
from .label_heads import find_classes_by_head
from .labels import (
    Classes,
    check_all_seen,
    classes_from_data,
    classes_from_names,
    is_id,
    shorten,
)
from .questions import check_class_count
from .reader import ExampleReader
from .source import Base, Source
from .splits import Cut, Tally, plan_cut, tally

Sources = Mapping[str, Source]
OPEN = ("train", "unlabelled")
EXPECTED = "the file of classes"


def assemble(
    base: Base,
    sources: Sources,
    reader: ExampleReader,
    *,
    names_file: Path | None,
    seed: int,
    skip_bad: bool = False,
) -> Data:
    """Check and count all splits, and find their classes.

    Args:
        base: What the data set's name stands for.
        sources: Its splits, including those that the user gave separately.
        reader: Finds the texts and labels in a row.
        names_file: The file of class names, if the user gave one.
        seed: Seed of the cut, used if a split is missing.
        skip_bad: Whether rows that cannot be used are left out, and logged.

    Raises:
        UserError: Anything wrong with a row, a label or a split.
    """
    sources = {split: sources[split] for split in SPLITS if split in sources}
    if base.fold is not None:
        # A fold of train is the test split, whatever else the data set has.
        sources.pop("test", None)
    missing = [split for split in ("test", "validation") if split not in sources]
    reader = _adapt(sources, reader.with_names(partial(_listed, base, sources, names_file)))
    cutting = bool(missing) and "train" in sources
    faults = {split: Faults(collect=True) for split in sources}
    tallies = {
        split: _tally(
            split,
            source,
            reader,
            seed=seed if cutting and split == "train" else None,
            faults=faults[split],
        )
        for split, source in sources.items()
    }
    for split, source in sources.items():
        _report(source, faults[split], tallies[split].rows, skip_bad)
    classes = _classes(base, sources, tallies, names_file, reader)
    _say_numbers(base, classes, tallies)
    for split_tally in tallies.values():
        classes = classes.including(split_tally.first)
    cut: Cut | None = None
    if base.fold is not None and "train" in sources:
        cut = plan_fold(
            sources["train"].records(),
            reader,
            base.fold,
            seed=seed,
            validation="validation" in missing,
            origin=sources["train"].origin,
        )
    elif cutting and tallies["train"].labelled:
        cut = plan_cut(tallies["train"], missing, seed, sources["train"].origin)
    streams = _streams(sources, reader, classes, cut)
    for split in (split for split in SPLITS[1:3] if split in streams):
        where = sources[split].origin if split in sources else sources["train"].origin
        reader.check_split(streams[split](), f"the {split} rows of {where}")
    train = streams["train"]() if "train" in streams else iter(())
    schema = reader.complete_schema(reader.schema(classes.names), train)
    return Data(
        name=base.name,
        labels=schema.labels,
        counts=_counts(tallies, cut),
        synthetic=base.synthetic,
        settings=schema.settings,
        streams=streams,
        facts={
            **_facts(base, sources, classes, cut, seed),
            **({"skipped": {split: f.count for split, f in faults.items()}} if skip_bad else {}),
        },
    )


def _adapt(sources: Sources, reader: ExampleReader) -> ExampleReader:
    """Return the reader for these files, by the first split with labels."""
    first = next((sources[split] for split in SPLITS[:3] if split in sources), None)
    if first is None:
        return reader
    records = first.collect(Faults(collect=True))
    return reader.adapted(example for _, example in records)


def _listed(base: Base, sources: Sources, names_file: Path | None) -> tuple[str, ...]:
    """Return the class names by id that stand next to the data, in a file of theirs, or given."""
    first = next((sources[split] for split in SPLITS[:3] if split in sources), None)
    if names_file is None and base.folder is not None and first:
        names_file = find_names(base.folder, first.label_column)
    if names_file is not None:
        return read_names(names_file)
    return base.names or (_agreed(first, sources) if first else ())


def _agreed(first: Source, sources: Sources) -> tuple[str, ...]:
    """Return the class names that a file gives by id, which all splits have to share."""
    for source in (sources[split] for split in SPLITS[:3] if split in sources):
        if any(ours != theirs for ours, theirs in zip(first.names, source.names, strict=False)):
            raise UserError(
                f"{first.origin} names its classes {', '.join(first.names):.80}, and "
                f"{source.origin} {', '.join(source.names):.80}, so their ids mean different "
                "things: write the same names in the same order into both, or labels as names."
            )
    return first.names


def _tally(
    split: str, source: Source, reader: ExampleReader, *, seed: int | None, faults: Faults
) -> Tally:
    if source.count is not None and seed is None:
        return Tally(rows=source.count)
    whole = split in ("validation", "test")
    return tally(source.collect(faults), reader, seed=seed, whole=whole, faults=faults)


def _report(source: Source, faults: Faults, good: int, skip_bad: bool) -> None:
    """Refuse bad rows, all at once, or log which ones are left out."""
    if faults.count and not good:
        raise UserError(
            f"{faults.first[0]}"
            + (f" No row of {source.origin} can be used." if faults.count > 1 else "")
        )
    if not skip_bad:
        faults.refuse(source.origin, good)
    elif faults.count:
        logger.info(
            f"skipped   {faults.count:,} of the {good + faults.count:,} rows of {source.origin}: "
            f"{faults.describe(source.origin)}"
        )


def _classes(
    base: Base,
    sources: Sources,
    tallies: Mapping[str, Tally],
    names_file: Path | None,
    reader: ExampleReader,
) -> Classes:
    """Read the classes from the class file, or else from the first split with labels."""
    there = [split for split in SPLITS[:3] if split in sources]
    first = next((split for split in there if tallies[split].first), there[0] if there else None)
    first_seen = tallies[first].first if first else {}
    # A file may name the classes of labels of which it has none.
    listed = (sources[split] for split in (first, *there[:1]) if split)
    naming = next((source for source in listed if source.names), None)
    if reader.heads:
        if names_file is not None:
            raise UserError(
                f"labels is {names_file}, and there are labels of several kinds, "
                f"{', '.join(reader.heads)}: leave it out; each has the classes of its column."
            )
        reader.check_labels(first_seen)
        origin = sources[first].origin if first else base.name
        return find_classes_by_head(reader.heads, first_seen, origin, classes_from_data)
    if base.names:
        return classes_from_names(base.names, first_seen, base.name)
    origin = sources[first].origin if first else base.name
    if reader.names_its_classes:
        reader.check_labels(first_seen)
        return classes_from_data(first_seen, origin)
    if names_file is None and base.folder is not None and first:
        names_file = find_names(base.folder, sources[first].label_column)
    if names_file is None and naming:
        return classes_from_names(_agreed(naming, sources), first_seen, origin)
    if names_file is None and base.expected:
        # Also of classes without a row so far.
        return classes_from_names(base.expected, first_seen, EXPECTED)
    if names_file is None:
        reader.check_labels(first_seen)
        if first:
            column, labelled = sources[first].label_column, tallies[first].labelled
            check_class_count(first_seen, labelled, column=column, origin=origin)
        return classes_from_data(first_seen, origin)
    classes = read_classes(names_file, first_seen).including(first_seen)
    check_all_seen(classes, first_seen, origin)
    return classes


def _say_numbers(base: Base, classes: Classes, tallies: Mapping[str, Tally]) -> None:
    """Say which class each number is, where a list that came from elsewhere names them."""
    seen = {label for split_tally in tallies.values() for label in split_tally.first}
    if classes.origin == EXPECTED and any(map(is_id, seen - set(base.expected))):
        pairs = [f"{number} is {name}" for number, name in enumerate(base.expected)]
        logger.info(f"classes   {shorten(pairs)}")


def _counts(tallies: Mapping[str, Tally], cut: Cut | None) -> dict[str, int]:
    counts = {split: split_tally.rows for split, split_tally in tallies.items()}
    if cut is not None:
        counts |= cut.count(tallies["train"])
    return {split: counts[split] for split in SPLITS if split in counts}


def _streams(
    sources: Sources, reader: ExampleReader, classes: Classes, cut: Cut | None
) -> dict[str, partial]:
    streams = {
        # Rows without a label are for training alone.
        split: partial(_read, source, reader, classes, split="train" if split in OPEN else split)
        for split, source in sources.items()
    }
    if cut is not None:
        train = sources["train"]
        for split in ("train", *cut.ranges):
            streams[split] = partial(_read, train, reader, classes, cut=cut, split=split)
    return streams


def _read(
    source: Source,
    reader: ExampleReader,
    classes: Classes,
    *,
    cut: Cut | None = None,
    split: str = "train",
) -> Iterator[Example]:
    for where, example in source.records():
        if not reader.can_test(example):
            if split == "train":
                yield reader.with_ids(example, classes.ids)
            continue
        for label in reader.label_keys(example):
            if label not in classes.ids:
                raise UserError(
                    f"{where}: the label {label!r} was not there when the data was opened."
                )
        if cut is None or cut.split_of(reader.split_key(example)) == split:
            yield reader.with_ids(example, classes.ids)


def _facts(
    base: Base, sources: Sources, classes: Classes, cut: Cut | None, seed: int
) -> dict[str, Any]:
    files = {split: source.origin for split, source in sources.items()}
    if cut is not None:
        files |= dict.fromkeys(cut.ranges, f"cut from {sources['train'].origin}")
    facts = {"spec": base.spec, "files": files, "classes": classes.origin, "seed": seed}
    return {**facts, **base.facts}
