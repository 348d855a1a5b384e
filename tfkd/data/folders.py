"""Folders: files named by split, or a tree of texts in the form of aclImdb."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import UserError
from .columns import Record
from .conll_rows import looks_like_conll, spell_odd_line
from .examples import Example
from .file_kinds import CONLL_FORMATS, SUFFIXES, file_format
from .labels import check_class_name
from .text_checks import check_text

FILE_NAMES = {
    "train": ("train",),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test",),
    "unlabelled": ("unsupervised", "unlabelled", "unlabeled", "unsup"),
}
UNLABELLED_FOLDERS = FILE_NAMES["unlabelled"]


def split_files(folder: Path, encoding: str = "") -> dict[str, Path]:
    """Find the files of a folder by split: `train.csv`, `dev.csv.gz`, `unlabelled.jsonl`, ...

    A `.txt` is one if it has words with tags; beside files of such, it has to.

    Args:
        folder: The folder.
        encoding: That of its files, where they are neither UTF-8 nor UTF-16.

    Raises:
        UserError: Two files for the same split, or a `.txt` that is not as the others are.
    """
    files: dict[str, Path] = {}
    others: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = _split_named(path.name.split(".")[0].lower(), path)
        if split and _has_lines(path) and not looks_like_conll(path, encoding):
            others[split] = path
            continue
        if split and split in files:
            raise UserError(
                f"{folder} has two files for {split}: {files[split].name} and {path.name}; "
                "keep one, or give the file itself."
            )
        if split:
            files[split] = path
    _refuse_other_lines(files, others, encoding)
    return files


def _split_named(stem: str, path: Path) -> str | None:
    plain = path.name.lower() in {stem + suffix for suffix in SUFFIXES}
    lines = path.name.lower() in (f"{stem}.txt", f"{stem}.txt.gz")
    if not (plain or lines) or not file_format(path) or not path.is_file():
        return None
    return next((split for split, names in FILE_NAMES.items() if stem in names), None)


def _has_lines(path: Path) -> bool:
    """Return whether a file is a `.txt`, which may be anything."""
    return file_format(path) == ".txt"


def _refuse_other_lines(files: dict[str, Path], others: dict[str, Path], encoding: str) -> None:
    """Refuse a `.txt` named by a split that would be left out beside files of words with tags."""
    tagged = (p for p in files.values() if file_format(p) in (".txt", *CONLL_FORMATS))
    known = next(tagged, None)
    if known is None:
        return
    for split, path in others.items():
        if split not in files:
            raise UserError(
                f"{path} is not as {known.name} is, a word with its tags on each line: "
                f"{spell_odd_line(path, encoding)}. Correct it, name it .conll if it is one all "
                "the same, or give it a name that is no split's."
            )


def split_trees(folder: Path) -> dict[str, list[tuple[Path, str | None]]]:
    """Find the class folders by split, sorted, each with its class (None: unlabelled)."""
    folders: dict[str, list[tuple[Path, str | None]]] = {}
    for split, names in FILE_NAMES.items():
        for name in names:
            for inner in _text_folders(folder / name):
                unlabelled = split == "unlabelled" or inner.name in UNLABELLED_FOLDERS
                label = None if unlabelled else inner.name
                folders.setdefault("unlabelled" if unlabelled else split, []).append((inner, label))
    return folders


def _text_folders(folder: Path) -> list[Path]:
    """List the folders in `folder` that hold texts, itself included if it is unlabelled."""
    if not folder.is_dir():
        return []
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    if folder.name in UNLABELLED_FOLDERS:
        inner.insert(0, folder)
    return [path for path in inner if next(path.glob("*.txt"), None)]


def tree_records(parts: list[tuple[Path, str | None]]) -> Iterator[Record]:
    """Yield one record for each `.txt` file, class by class, by name within a class."""
    for folder, label in parts:
        if label is not None:
            check_class_name(str(folder.parent), label)
        for path in sorted(folder.glob("*.txt")):
            text = check_text(str(path), _read(path))
            yield Record(str(path), Example(text=text, label=label))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def no_layout(folder: Path) -> UserError:
    """Return the error for a folder that has neither layout."""
    names = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir())
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    files = [name for name in names if file_format(Path(name)) not in (None, ".txt")]
    files = [name for name in files if not Path(name).stem.startswith(("labels", "config"))]
    hint = f" Or give a file itself, such as {folder / files[0]}." if files else ""
    if "train.txt" in names:
        hint += " If train.txt has a word with its tags on each line, name it train.conll."
    return UserError(
        f"{folder} has no training texts; it holds {listed or 'nothing'}. Expected train.jsonl (or "
        ".csv, .tsv, .xlsx, .parquet, ...; validation.*, test.*, unlabelled.* next to it), "
        f"train/CLASS/*.txt for two classes or more, or what `datasets` saved.{hint}"
    )
