"""Folders of Hugging Face's `datasets`: saved by `save_to_disk`, or as a repository has them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..progress import logger
from .file_kinds import FORMATS, file_format

_SHARD = re.compile(r"(?P<split>[A-Za-z]\w*?)(-\d+-of-\d+(-\w+)?)?(\.\w+)+")


def dataset_files(folder: Path, names: Mapping[str, tuple[str, ...]]) -> dict[str, list[Path]]:
    """Find the files of a data set by split; none where the folder is another one.

    Args:
        folder: The folder.
        names: What the splits are called.

    Raises:
        UserError: Several data sets in one folder, or a saved one that is not whole.
    """
    files = _saved(folder) or _repository(folder, names)
    splits = {}
    for theirs, paths in files.items():
        split = next((s for s, known in names.items() if theirs.lower() in known), None)
        if split and split not in splits:
            splits[split] = paths
        elif len(files) == 1:
            # The only split is what there is, whatever it is called.
            splits["train"] = paths
        else:
            logger.info(f"data      the split {theirs} of {folder} is left out")
    return splits


def _saved(folder: Path) -> dict[str, list[Path]]:
    """Return the files of what `save_to_disk` wrote."""
    if (folder / "dataset_dict.json").is_file():
        splits = _read(folder / "dataset_dict.json").get("splits", [])
        return {split: _state_files(folder / split) for split in splits}
    if (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file():
        return {"train": _state_files(folder)}
    return {}


def _state_files(folder: Path) -> list[Path]:
    state = _read(folder / "state.json")
    if state.get("_indices_data_files"):
        raise UserError(f"{folder} holds a selection of rows: save it again with save_to_disk.")
    paths = [folder / each["filename"] for each in state.get("_data_files", [])]
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        lacks = missing[0] if missing else "files of data"
        raise UserError(f"{folder} is not whole: it lacks {lacks}. Save or copy it again.")
    return paths


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise UserError(
            f"{path} cannot be read ({error}): save or copy the folder again."
        ) from None


def _repository(folder: Path, names: Mapping[str, tuple[str, ...]]) -> dict[str, list[Path]]:
    """Return the shards in the folder itself, in `data`, or in the one folder that has some."""
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    found = {path: shards for path in (folder, *inner) if (shards := _shards(path, names))}
    for first in (folder, folder / "data"):
        if first in found:
            return found[first]
    if len(found) > 1:
        raise UserError(
            f"{folder} has several data sets: {', '.join(path.name for path in found)}. Give the "
            "folder of one of them."
        )
    return next(iter(found.values()), {})


def _shards(folder: Path, names: Mapping[str, tuple[str, ...]]) -> dict[str, list[Path]]:
    known = {name for each in names.values() for name in each}
    splits: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        shard = _SHARD.fullmatch(path.name)
        kind = file_format(path)
        if shard and kind in FORMATS and kind != ".txt" and path.is_file():
            splits.setdefault(shard["split"].lower(), []).append(path)
    return splits if splits.keys() & known else {}


def saved_names(path: Path, column: str) -> dict[str, Any]:
    """Return the features that `save_to_disk` describes next to a file; empty without any.

    Args:
        path: A file of data.
        column: The label column.
    """
    info = path.parent / "dataset_info.json"
    features = _read(info).get("features") if info.is_file() else None
    return {column: features[column]} if features and column in features else {}
