"""`open_data`: from a spec to a validated `Data`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from ..errors import UserError
from .assemble import assemble
from .columns import Columns, check_roles, find_label_column
from .examples import Data
from .folders import no_layout, split_files, split_trees, tree_records
from .reader import PAIR, ExampleReader
from .rows import FORMATS, file_format, read_rows
from .sample import sample
from .source import Base, Source
from .text_columns import refuse_other_texts, split_names
from .tfds import imdb

PathLike = str | Path
POSSIBLE = (
    "`imdb`, `sample`, `sample:SIZE`, a file (.jsonl, .csv, .tsv, each also .gz) or a folder "
    "(train.jsonl, ... or train/CLASS/*.txt)"
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
    labels: PathLike | None = None,
    size: int | None = None,
    seed: int = 0,
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
        labels: A file of class names by id, `.txt` or `.json`.
        size: Training rows of `sample`.
        seed: Of `sample`, and of the cut where a split is missing.

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
    if PAIR in named and not reader.reads_pairs:
        raise UserError(
            f"two columns of texts are named, {named.get('text', 'text')} and {named[PAIR]}, and "
            'this task reads one: give a task with the setting "pair": True, or name one column.'
        )
    wanted = Columns(reader, named, bool(ignore_texts))
    _refuse(spec, data_dir=data_dir, size=size, labels=labels)
    base = _base(spec, wanted, data_dir, size, seed)
    files = {"validation": validation, "test": test, "unlabelled": unlabelled}
    extra = {
        split: _file(Path(path).expanduser(), wanted, split != "unlabelled")
        for split, path in files.items()
        if path is not None
    }
    names_file = None if labels is None else Path(labels).expanduser()
    base = dataclasses.replace(base, spec=spec)
    sources = {**base.sources, **extra}
    return assemble(base, sources, wanted.reader, names_file=names_file, seed=seed)


def peek_columns(spec: PathLike) -> tuple[str, ...]:
    """Return the names of the columns of the training file, empty where they cannot be told.

    What is wrong with a file is for `open_data` to say.

    >>> peek_columns("sample")
    ('text', 'label')
    """
    if _kind(str(spec)) != "path":
        return ("text", "label")
    path = Path(spec).expanduser()
    try:
        if path.is_dir():
            path = split_files(path)["train"]
        return tuple(next(iter(read_rows(path))).fields)
    except (OSError, KeyError, StopIteration, UserError):
        return ()


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
    if path.is_dir():
        return _folder(path, columns)
    if not path.exists() and not ("/" in spec or "\\" in spec or "." in spec):
        raise UserError(f"unknown data {spec!r}{_near(path)}. Write {POSSIBLE}.")
    name = path.parent.resolve().name if path.name.startswith("train.") else path.name
    return Base(_safe(name), {"train": _file(path, columns)}, folder=path.parent)


def _size(spec: str, size: int | None) -> int | None:
    written = spec.partition(":")[2]
    if spec == "sample":
        return size
    if not (written.isascii() and written.isdecimal()):
        raise UserError(f"the data is {spec!r}; write `sample:SIZE` with a number, sample:4000.")
    if size is not None and size != int(written):
        raise UserError(f"the data is {spec!r}, but --size is {size}; write one of them.")
    return int(written)


def _folder(folder: Path, columns: Columns) -> Base:
    files, trees = split_files(folder), split_trees(folder)
    if "train" in files or ("unlabelled" in files and "train" not in trees):
        sources = {
            split: _file(path, columns, split != "unlabelled") for split, path in files.items()
        }
    elif "train" in trees or "unlabelled" in trees:
        check_roles(columns.reader, ("text", "label"), f"{folder}/CLASS/*.txt")
        sources = {
            split: Source(str(folder / split), partial(tree_records, parts))
            for split, parts in trees.items()
        }
    else:
        raise no_layout(folder)
    return Base(_safe(folder.resolve().name), sources, folder=folder)


def _file(path: Path, columns: Columns, labelled: bool = True) -> Source:
    if not path.is_file():
        raise UserError(f"there is no file {path}{_near(path)}.")
    if file_format(path) is None:
        raise UserError(f"{path} is none of {', '.join(FORMATS)} (each also .gz).")
    column = find_label_column(path, columns) if labelled else "label"
    refuse_other_texts(path, columns, column)
    return Source(str(path), partial(columns.records, path, labelled), label_column=column)


def _near(path: Path) -> str:
    """Suggest similar built-in specs and files next to the path."""
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    similar = get_close_matches(path.name, ["imdb", "sample", *siblings], n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(similar)}?)" if similar else ""


def _safe(name: str) -> str:
    """Make a name for folders: no suffixes, only letters, digits, `.`, `_` and `-`.

    >>> _safe("my reviews.csv.gz"), _safe("imdb")
    ('my-reviews', 'imdb')
    """
    stem = re.sub(r"(\.(jsonl|csv|tsv))?(\.gz)?$", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^\w.-]+", "-", stem).strip("-._")[:60] or "data"
