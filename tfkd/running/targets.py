"""The teacher's outputs for a run's texts: where they are stored, and in the order of the texts."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from .. import store, teachers
from ..console import Voice
from ..data.encoded import Encoded
from ..errors import UserError
from ..store import Store
from ..store.fingerprint import check_fingerprint, fingerprint
from .checks import OF_DATA
from .config import RunConfig

FOLDER = "targets"
OF_TEXTS = ("data", "teacher", "teacher_max_length", "seed", *OF_DATA)


class Targets:
    """The stored logits of texts, in their order: `targets[rows]` is `[rows, classes]`, float32."""

    def __init__(self, stored: Store, rows: np.ndarray):
        self._store, self._rows = stored, rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Texts and classes."""
        return len(self), int(self[:1].shape[-1])

    def __getitem__(self, rows) -> np.ndarray:
        return self._store.logits(self._rows[rows])


def shared_folder(config: RunConfig, labels: tuple[str, ...], beside: Path) -> Path:
    """Where all runs beside each other keep the outputs of one given teacher."""
    if config.store:
        return Path(config.store).expanduser()
    facts = (teachers.digest_spec(config.teacher), config.teacher_max_length, *labels)
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
    name = re.sub(r"\W+", "-", Path(config.teacher.partition(":")[2]).name).strip("-")
    return beside / FOLDER / f"{name}-{digest}"


def source_of(config: RunConfig) -> dict[str, Any]:
    """The settings that name a teacher and its texts, for the manifest."""
    return {name: value for name in OF_TEXTS if (value := getattr(config, name))}


def stored(folder: Path, encoded: Encoded, voice: Voice, teacher=None) -> Targets | None:
    """The outputs for these texts, if a store holds them all, and is whole.

    Raises:
        UserError: they are not those of `teacher`, where one is given.
    """
    if not (folder / store.MANIFEST).is_file():
        return None
    found = Store(folder)
    if teacher is not None:
        check_fingerprint(found.manifest.fingerprint, fingerprint(teacher), folder)
    try:
        rows = found.find(encoded)
    except UserError as error:
        voice.say(f"{str(error).partition(': `')[0]}: its outputs are computed again.")
        return None
    return Targets(found, rows) if (rows >= 0).all() else None


def compute(
    folder: Path, teacher, encoded: Encoded, voice: Voice, source: Any, title: str, share: str
) -> None:
    """Store a worker's share of the outputs for these texts: what is lacking, or broken."""
    store.write(
        folder,
        teacher,
        encoded,
        verbose=0,
        progress=voice.bar,
        source=source,
        title=title,
        repair=True,
        shard=share,
    )
