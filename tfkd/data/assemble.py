"""One pass over each split, then classes, missing splits and counts: a `Data`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from ..errors import UserError
from .examples import IGNORE, SPLITS, Data, Example
from .labels import (
    Classes,
    check_all_seen,
    classes_from_data,
    classes_from_names,
    find_names,
    read_names,
)
from .source import Base, Source
from .splits import Cut, Tally, plan_cut, tally

Sources = Mapping[str, Source]


def assemble(spec: str, base: Base, sources: Sources, names_file: Path | None, seed: int) -> Data:
    """Check and count `sources`; `names_file` is the class file asked for."""
    sources = {split: sources[split] for split in SPLITS if split in sources}
    missing = [split for split in ("test", "validation") if split not in sources]
    cutting = bool(missing) and "train" in sources
    tallies = {
        split: _tally(split, source, seed if cutting and split == "train" else None)
        for split, source in sources.items()
    }
    classes = _classes(base, sources, tallies, names_file)
    for each in tallies.values():
        classes.check(each.first)
    cut = None
    if cutting and tallies["train"].first:
        cut = plan_cut(tallies["train"], missing, seed, sources["train"].origin)
    return Data(
        name=base.name,
        labels=classes.names,
        counts=_counts(tallies, cut),
        synthetic=base.synthetic,
        streams=_streams(sources, classes, cut),
        facts=_facts(spec, base, sources, classes, cut, seed),
    )


def _tally(split: str, source: Source, seed: int | None) -> Tally:
    if source.count is not None and seed is None:
        return Tally(rows=source.count)
    return tally(source.records(), seed=seed, whole=split in ("validation", "test"))


def _classes(
    base: Base, sources: Sources, tallies: Mapping[str, Tally], names_file: Path | None
) -> Classes:
    """From the class file if there is one, or else from the first split with labels."""
    first = next((s for s in SPLITS[:3] if s in sources), None)
    found = tallies[first].first if first else {}
    if base.names:
        return classes_from_names(base.names, found, base.name)
    if names_file is None and base.folder is not None and first:
        names_file = find_names(base.folder, sources[first].label_column)
    if names_file is None:
        return classes_from_data(found, sources[first].origin if first else base.name)
    classes = classes_from_names(read_names(names_file), found, str(names_file))
    classes.check(found)
    check_all_seen(classes, found, sources[first].origin if first else base.name)
    return classes


def _counts(tallies: Mapping[str, Tally], cut: Cut | None) -> dict[str, int]:
    counts = {split: each.rows for split, each in tallies.items()}
    if cut is not None:
        counts |= cut.count(tallies["train"])
    return {split: counts[split] for split in SPLITS if split in counts}


def _streams(sources: Sources, classes: Classes, cut: Cut | None) -> dict:
    streams = {split: partial(_read, source, classes) for split, source in sources.items()}
    if cut is not None:
        train = sources["train"]
        for split in ("train", *cut.ranges):
            streams[split] = partial(_read, train, classes, cut, split)
    return streams


def _read(
    source: Source, classes: Classes, cut: Cut | None = None, split: str = "train"
) -> Iterator[Example]:
    for where, text, label in source.records():
        if label is None:
            if split == "train":
                yield Example(text, IGNORE)
            continue
        if label not in classes.ids:
            raise UserError(f"{where}: the label {label!r} was not there when the data was opened.")
        if cut is None or cut.split_of(text) == split:
            yield Example(text, classes.ids[label])


def _facts(
    spec: str, base: Base, sources: Sources, classes: Classes, cut: Cut | None, seed: int
) -> dict:
    files = {split: source.origin for split, source in sources.items()}
    if cut is not None:
        files |= dict.fromkeys(cut.ranges, f"cut from {sources['train'].origin}")
    return {"spec": spec, "files": files, "classes": classes.origin, "seed": seed, **base.facts}
