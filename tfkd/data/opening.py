"""`open_data`: from a spec to a validated `Data`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import UserError
from .arrow_files import class_names, names_of_feature
from .assemble import assemble
from .columns import Columns, Record, check_roles, find_label_column
from .dataset_folders import dataset_files, saved_names
from .examples import Data
from .faults import Faults
from .file_kinds import (
    POSSIBLE_FILES,
    FileForm,
    check_format,
    file_format,
    parse_header,
    safe_stem,
)
from .folders import FILE_NAMES, no_layout, split_files, split_trees, tree_records
from .folds import parse_fold
from .questions import UnfitDataError
from .reader import PAIR, ExampleReader
from .rows import read_rows
from .sample import sample
from .source import Base, Source
from .text_columns import refuse_other_texts, split_names
from .tfds import imdb

PathLike = str | Path
POSSIBLE = (
    f"`imdb`, `sample`, `sample:SIZE`, a file ({POSSIBLE_FILES}) or a folder (train.jsonl, ... or "
    "train/CLASS/*.txt)"
)


def open_data(
    spec: PathLike,
    *,
    reader: ExampleReader | None = None,
    columns: Mapping[str, str] | None = None,
    data_dir: PathLike | None = None,
    validation: PathLike | None = None,
    test: PathLike | None = None,
    unlabelled: PathLike | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    ignore_texts: bool | None = None,
    header: str | Sequence[str] | None = None,
    encoding: str | None = None,
    skip_bad: bool | None = None,
    labels: PathLike | None = None,
    size: int | None = None,
    fold: str | None = None,
    seed: int = 0,
    kept: str = "",
    expected: Sequence[str] = (),
) -> Data:
    """Find, check and count a data set; nothing is kept in memory.

    Args:
        spec: `imdb`, `sample`, `sample:SIZE`, a file or a folder.
        reader: What knows the columns, texts and labels of a row: a task. By default a text and
            one class label.
        columns: The name of the column for each role, where files call it otherwise.
        data_dir: Where TensorFlow Datasets keeps `imdb`.
        validation: A file that serves as this split.
        test: A file that serves as this split.
        unlabelled: A file of further rows without labels.
        text_column: Short for `columns={"text": ...}`; `text` by default. Two names with a comma,
            `"premise,hypothesis"`, are the texts of pairs.
        label_column: Short for `columns={"label": ...}`; `label`, or the only other column, by
            default.
        ignore_texts: Whether a file may have further columns of texts, which are left out.
        header: Names of the columns of tables without a header, such as `"label,text"`.
        encoding: Of text files that are neither UTF-8 nor UTF-16, such as `"cp1252"`.
        skip_bad: Whether rows without a text or with errors are left out, and logged.
        labels: A file of class names by id, `.txt` or `.json`.
        size: Training rows of `sample`.
        fold: `"2/5"` makes the second of five folds of train the test split.
        seed: Of `sample`, and of the cut where a split is missing.
        kept: A further column, whose values examples keep as `tfkd.data.columns.KEPT`.
        expected: Names of all classes where nothing else lists them; some may have no row.

    Raises:
        UserError: Anything wrong with the data; names file and row.

    >>> data = open_data("sample", size=400)
    >>> data.counts, data.labels
    ({'train': 400, 'validation': 50, 'test': 100, 'unlabelled': 400}, ('negative', 'positive'))
    """
    spec = str(spec)
    named = {**(columns or {}), **split_names(text_column)}
    if label_column is not None:
        named["label"] = label_column
    reader = reader or ExampleReader(pair=PAIR in named)
    if PAIR in named and PAIR not in reader.columns:
        raise UserError(
            f"two columns of texts are named, {named.get('text', 'text')} and {named[PAIR]}, and "
            'this task reads one: give a task with the setting "pair": True, or name one column.'
        )
    if fold is not None and test is not None:
        raise UserError(f"test is {test}, and folds of train are the test splits: leave it out.")
    reading = FileForm(parse_header(header), encoding or "")
    wanted = Columns(reader, named, bool(ignore_texts), reading, bool(skip_bad), kept)
    _refuse(spec, data_dir=data_dir, size=size, labels=labels)
    base = _base(spec, wanted, data_dir, size, seed)
    files = {"validation": validation, "test": test, "unlabelled": unlabelled}
    extra = {
        split: _split_at(Path(path).expanduser(), wanted, split)
        for split, path in files.items()
        if path is not None
    }
    names_file = None if labels is None else Path(labels).expanduser()
    part = parse_fold(fold) if fold else None
    base = dataclasses.replace(base, spec=spec, fold=part, expected=tuple(expected))
    sources = {**base.sources, **extra}
    return assemble(
        base,
        sources,
        wanted.reader,
        names_file=names_file,
        seed=seed,
        skip_bad=wanted.skip_bad,
    )


def peek_row(spec: PathLike) -> dict[str, Any]:
    """Return the first row of the training file by column, empty where it cannot be told.

    What is wrong with a file is for `open_data` to say.

    >>> list(peek_row("sample"))
    ['text', 'label']
    """
    if _kind(str(spec)) != "path":
        return {"text": "", "label": ""}
    path = Path(spec).expanduser()
    try:
        if path.is_dir():
            path = _split_paths(path)["train"][0]
        return next(iter(read_rows(path, faults=Faults(collect=True)))).fields
    except (OSError, KeyError, StopIteration, UserError):
        return {}


def _kind(spec: str) -> str:
    return spec.partition(":")[0] if re.fullmatch(r"imdb|sample(:.*)?", spec) else "path"


def _refuse(spec: str, **given: PathLike | int | None) -> None:
    """Refuse an argument that would have no effect."""
    serves = {"data_dir": ("imdb",), "size": ("sample",), "labels": ("path",)}
    kind = _kind(spec)
    for name, value in given.items():
        if value is not None and kind not in serves[name]:
            raise UserError(
                f"--{name.replace('_', '-')} is {value}, but the data {spec!r} has no use for it."
            )


def _base(
    spec: str, columns: Columns, data_dir: PathLike | None, size: int | None, seed: int
) -> Base:
    kind = _kind(spec)
    if kind != "path":
        check_roles(columns.reader, ("text", "label"), spec)
    if kind == "imdb":
        return imdb(data_dir)
    if kind == "sample":
        return sample(_size(spec, size), seed)
    path = Path(spec).expanduser()
    own = columns.reader.open_splits(path)
    if own:
        folder = path if path.is_dir() else path.parent
        return Base(safe_stem(path.resolve().name), own, folder=folder)
    if path.is_dir() and columns.reader.reads_texts:
        return _folder(path, columns)
    if not path.exists() and not ("/" in spec or "\\" in spec or "." in spec):
        raise UserError(f"unknown data {spec!r}{_near(path)}. Write {POSSIBLE}.")
    _refuse_texts(path, columns.reader)
    name = path.parent.resolve().name if path.name.startswith("train.") else path.name
    return Base(safe_stem(name), {"train": _files([path], columns)}, folder=path.parent)


def _split_at(path: Path, columns: Columns, split: str) -> Source:
    """Return the split that the user named by a file of its own."""
    own = columns.reader.open_splits(path)
    if own:
        source = own.get(split, own.get("train"))
        if source is None or len(own) > 1:
            raise UserError(f"{split} is {path}, which holds {', '.join(own)}: give one of them.")
        return source
    if path.exists():
        _refuse_texts(path, columns.reader)
    return _files([path], columns, split != "unlabelled")


def _refuse_texts(path: Path, reader: ExampleReader) -> None:
    """Refuse a file or folder of rows for a reader that has other data.

    Raises:
        UserError: It is one.
    """
    if path.exists() and not reader.reads_texts:
        raise UserError(f"{path} holds no {reader.things}: give {reader.layouts}.")


def _size(spec: str, size: int | None) -> int | None:
    written = spec.partition(":")[2]
    if spec == "sample":
        return size
    if not (written.isascii() and written.isdecimal()):
        raise UserError(f"the data is {spec!r}; write `sample:SIZE` with a number, sample:4000.")
    if size is not None and size != int(written):
        raise UserError(f"the data is {spec!r}, but --size is {size}; write one of them.")
    return int(written)


def _split_paths(folder: Path, encoding: str = "") -> dict[str, list[Path]]:
    """Find the files of a folder by split, in the layout of splits or of a saved data set."""
    files = split_files(folder, encoding)
    if "train" in files or "unlabelled" in files:
        return {split: [path] for split, path in files.items()}
    return dataset_files(folder, FILE_NAMES) or {split: [path] for split, path in files.items()}


def _folder(folder: Path, columns: Columns) -> Base:
    files, trees = _split_paths(folder, columns.reading.encoding), split_trees(folder)
    if "train" in files or ("unlabelled" in files and "train" not in trees):
        sources = {
            split: _files(paths, columns, split != "unlabelled") for split, paths in files.items()
        }
    elif "train" in trees or "unlabelled" in trees:
        check_roles(columns.reader, ("text", "label"), f"{folder}/CLASS/*.txt")
        sources = {
            split: Source(str(folder / split), partial(tree_records, parts))
            for split, parts in trees.items()
        }
    else:
        _refuse_other_kinds(folder, columns)
        raise no_layout(folder)
    return Base(safe_stem(folder.resolve().name), sources, folder=folder)


def _refuse_other_kinds(folder: Path, columns: Columns) -> None:
    """Refuse a folder whose files are for another task, by the first rows of some."""
    known = [path for path in sorted(folder.iterdir()) if path.is_file() and file_format(path)]
    for path in [path for path in known if file_format(path) != ".txt"][:3]:
        try:
            row = next(read_rows(path, faults=Faults(collect=True)), None)
        except UserError:
            continue
        what = columns.reader.other_kind(row.fields) if row else ""
        if what:
            raise UnfitDataError(f"{path} looks like {what}, which this task does not read.")


def _files(paths: Sequence[Path], columns: Columns, labelled: bool = True) -> Source:
    """Return the source of a split: one file, or several that follow each other."""
    for path in paths:
        if not path.is_file():
            raise UserError(f"there is no file {path}{_near(path)}.")
        check_format(path)
    column = find_label_column(paths[0], columns) if labelled else "label"
    refuse_other_texts(paths[0], columns, column)
    return Source(
        str(paths[0] if len(paths) == 1 else paths[0].parent),
        partial(_records, tuple(paths), columns, labelled),
        label_column=column,
        skips=True,
        names=_class_names(paths[0], column) if labelled else (),
    )


def _records(
    paths: Sequence[Path], columns: Columns, labelled: bool, faults: Faults | None = None
) -> Iterator[Record]:
    for path in paths:
        yield from columns.records(path, labelled, faults)


def _class_names(path: Path, column: str) -> tuple[str, ...]:
    """Return the class names that a file of `datasets` keeps with its ids, or none."""
    if file_format(path) not in (".parquet", ".arrow"):
        return ()
    return class_names(path, column) or names_of_feature(saved_names(path, column), column)


def _near(path: Path) -> str:
    """Suggest similar built-in specs and files next to the path."""
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    similar = get_close_matches(path.name, ["imdb", "sample", *siblings], n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(similar)}?)" if similar else ""
