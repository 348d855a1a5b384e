"""A `.weights.h5` of a distiller that its student alone can load, too."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OWN = "distiller"
"""The group that holds what Keras wrote of the distiller."""
_LAYERS = "layers"


def is_hdf5(path: Any) -> bool:
    """Return whether a path means one HDF5 file."""
    return Path(path).suffix == ".h5"


def share_with_student(path: Any) -> None:
    """Show the student's weights at the top of the file, where the student looks for them.

    They are links, which take no room. All that Keras wrote moves into a group of its own.

    Args:
        path: A file that Keras wrote of a distiller.
    """
    import h5py

    with h5py.File(path, "r+") as file:
        names, layers = list(file), list(file.get(_LAYERS, ()))
        # The only layer of a distiller is its student.
        if len(layers) != 1:
            return
        own = file.create_group(_OWN)
        for name in names:
            file.move(name, f"{_OWN}/{name}")
        student = own[_LAYERS][layers[0]]
        for name in student:
            file[name] = student[name]


@contextmanager
def as_keras_wrote_it(path: Any) -> Iterator[Path]:
    """Give the path of a copy of the file before `share_with_student`, or of the file itself.

    Args:
        path: A file of weights.
    """
    import h5py

    with h5py.File(path, "r") as file:
        shared = _OWN in file
    if not shared:
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run.weights.h5"
        shutil.copyfile(path, copy)
        with h5py.File(copy, "r+") as file:
            for name in [name for name in file if name != _OWN]:
                del file[name]
            for name in list(file[_OWN]):
                file.move(f"{_OWN}/{name}", name)
        yield copy
