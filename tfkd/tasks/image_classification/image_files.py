"""Where images are found: idx files, NumPy's arrays, and pictures in folders of classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from ...data import Example
from ...data.array_files import ArrayPart, find_arrays
from ...data.class_folders import Files, find_class_folders
from ...data.columns import Record
from ...data.faults import Faults
from ...data.labels import label_key
from ...data.pictures import SUFFIXES, read_picture
from ...data.source import Source
from ...errors import UserError
from ...files import names_file
from .pixels import spell_shape

Check = Callable[[Mapping[str, Any], str], Example]
"""Values by role and their place to an example."""


def open_images(path: Path, check: Check) -> dict[str, Source] | None:
    """Return the splits of a data set of images, or None where there are none.

    Args:
        path: A file or a folder.
        check: Makes an example of an image and its label, or refuses it.
    """
    check = OneShape(check)
    arrays = find_arrays(path) if path.exists() else {}
    if arrays:
        return {
            split: Source(
                part.origin, partial(_read_arrays, part, check), skips=True, names=part.names
            )
            for split, part in arrays.items()
        }
    files: dict[str, Files]
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        files = {"train": [(path, None)]}
    else:
        files = find_class_folders(path, SUFFIXES)
    return {
        split: Source(str(path), partial(_read_files, each, check), skips=True)
        for split, each in files.items()
    } or None


class OneShape:
    """Refuses images of another shape than that of the first one.

    Args:
        check: Makes an example of an image and its label, or refuses it.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._first: tuple[tuple[int, ...], str] | None = None

    def __call__(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return the example.

        Raises:
            UserError: It has no image, or one of another shape.
        """
        example = self._check(fields, where)
        shape = example["image"].shape
        self._first = self._first or (shape, where)
        if shape != self._first[0]:
            wanted, first = self._first
            height, width, channels = wanted
            raise UserError(
                f"{where} is {spell_shape(shape)}, and {first} is {spell_shape(wanted)}: give all "
                f"one size, or --task-set size={height}x{width} --task-set "
                f"channels={channels} to make it so."
            )
        return example


def _read_arrays(part: ArrayPart, check: Check, faults: Faults | None = None) -> Iterator[Record]:
    images, labels = part.load()
    faults = faults or Faults()
    for number, image in enumerate(images):
        where = f"{part.origin}, image {number}"
        try:
            label = None if labels is None else label_key(where, _plain(labels[number]))
            example = check({"image": image, "label": label}, where)
        except UserError as error:
            faults.add(str(error))
            continue
        yield Record(where, example)


def _read_files(files: Files, check: Check, faults: Faults | None = None) -> Iterator[Record]:
    faults = faults or Faults()
    for path, label in files:
        try:
            example = check({"image": read_picture(path), "label": label}, str(path))
        except UserError as error:
            faults.add(str(error))
            continue
        yield Record(str(path), example)


def list_images(path: str) -> list[str]:
    """Return what `read_image` takes for each image of a file: a picture, an idx file or an array.

    Raises:
        UserError: A damaged file of arrays.
    """
    if not find_arrays(Path(path).expanduser()):
        return [path]
    return [f"{path}#{number}" for number in range(len(_array_of(path)))]


def read_image(path: str) -> np.ndarray:
    """Return the image of a picture, or of `FILE#NUMBER` one of a file of arrays.

    Raises:
        UserError: No such file, or none of images.
    """
    file, _, number = path.rpartition("#")
    if not (file and number.isdecimal()) or names_file(path):
        if find_arrays(Path(path).expanduser()):
            raise UserError(f"{path} holds several images: write {path}#0 for the first one.")
        return read_picture(Path(path).expanduser())
    images = _array_of(file)
    if int(number) >= len(images):
        raise UserError(
            f"{file} holds {len(images):,} images, numbered from 0: there is no {path}."
        )
    return images[int(number)]


@lru_cache(maxsize=1)
def _array_of(path: str) -> Any:
    arrays = find_arrays(Path(path).expanduser())
    if len(arrays) != 1:
        held = ", ".join(arrays) or "no array"
        raise UserError(f"{path} holds {held}: give a file of one array of images.")
    images, _ = next(iter(arrays.values())).load()
    return images


def _plain(label: Any) -> Any:
    label = label.item() if isinstance(label, np.generic) else label
    return label.decode("utf-8") if isinstance(label, bytes) else label
