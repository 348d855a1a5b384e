"""Two files of texts, of which each line of one is the translation of that line of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...data import ExampleReader
from ...data.columns import Record
from ...data.faults import Faults
from ...data.lines import read_lines
from ...data.source import Source
from ...data.text_checks import check_text
from ...errors import UserError

SPLITS = {
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}
SOURCE, TARGET = ".source", ".target"


def open_parallel(path: Path, reader: ExampleReader) -> dict[str, Source] | None:
    """Return the splits of `FILE,FILE`, or of a folder with `train.source` and `train.target`.

    Args:
        path: What the user named.
        reader: Makes an example of two lines.

    Raises:
        UserError: One of two files is missing, or they have unlike numbers of lines.
    """
    if path.is_dir():
        found = {
            split: (path / f"{name}{SOURCE}", path / f"{name}{TARGET}")
            for split, names in SPLITS.items()
            for name in names
            if (path / f"{name}{SOURCE}").is_file()
        }
    elif "," in str(path) and not path.exists():
        one, _, other = str(path).partition(",")
        found = {"train": (Path(one.strip()).expanduser(), Path(other.strip()).expanduser())}
    else:
        return None
    return {split: _source(*files, reader) for split, files in found.items()} or None


def _source(source: Path, target: Path, reader: ExampleReader) -> Source:
    for path in (source, target):
        if not path.is_file():
            raise UserError(f"there is no file {path}: give two, of as many lines each.")
    counts = [sum(1 for _ in read_lines(path)) for path in (source, target)]
    if counts[0] != counts[1]:
        raise UserError(
            f"{source} has {counts[0]:,} lines and {target} {counts[1]:,}: each line of one has "
            "to be the translation of that line of the other."
        )
    records = partial(_records, source, target, reader)
    return Source(f"{source} and {target.name}", records, skips=True)


def _records(
    source: Path, target: Path, reader: ExampleReader, faults: Faults | None = None
) -> Iterator[Record]:
    faults = faults or Faults()
    pairs = zip(read_lines(source), read_lines(target), strict=True)
    for (number, text), (_, translated) in pairs:
        where = f"{source}, line {number}"
        fields: Mapping[str, Any] = {"text": text.strip(), "label": translated.strip()}
        try:
            check_text(where, fields["text"], str(source.name))
            example = reader.example(fields, where)
        except UserError as error:
            faults.add(str(error))
            continue
        yield Record(where, example)
