"""Recordings in an archive of NumPy: one array a clip, or all clips one after the other."""

from __future__ import annotations

import io
import lzma
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, first_line

_AUDIO = ("audio",)
_LABELS = ("label", "labels")
_LENGTHS = ("length", "lengths")
_RATES = ("rate", "sample_rate", "sampling_rate")


@dataclass(frozen=True)
class Clips:
    """All recordings of an archive.

    Attributes:
        origin: The file.
        audio: The samples of each.
        labels: The class of each, None where there are none.
        rate: Samples a second, 0 where the file does not say it.
        speaker: Who speaks, None where the file does not say it.
        test: Whether each is of the test split.
    """

    origin: str
    audio: list[np.ndarray]
    labels: np.ndarray | None
    rate: int
    speaker: np.ndarray | None
    test: np.ndarray

    def rows(self, which: np.ndarray | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield where each recording stands, and its values by role.

        Args:
            which: True for those that are wanted; None for all.
        """
        for i, samples in enumerate(self.audio):
            if which is None or which[i]:
                label = None if self.labels is None else self.labels[i].item()
                row = {"audio": samples, "label": label, "rate": self.rate}
                if self.speaker is not None:
                    row["speaker"] = str(self.speaker[i])
                yield f"{self.origin}, recording {i}", row


def is_archive(path: Path) -> bool:
    """Return whether a file is one of arrays by its name.

    >>> is_archive(Path("digits.npz.xz")), is_archive(Path("digits.csv"))
    (True, False)
    """
    return path.name.lower().removesuffix(".xz").endswith(".npz")


def load_clips(path: Path) -> Clips:
    """Return the recordings of an `.npz`, which may be compressed as `.npz.xz`.

    Its array `audio` is `[recordings, samples]`, or `[samples]` of all one after the other, with
    their `length`; `label`, `rate`, `speaker` (or its number among `speaker_names`) and `test`
    (true or false) stand beside it.

    Args:
        path: The file.

    Raises:
        UserError: It is none, lacks an array, or has arrays that do not fit each other.
    """
    facts = path.stat()
    return _load(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=2)
def _load(path: Path, changed: int, size: int) -> Clips:
    arrays = _read(path)
    audio, name = _first(arrays, _AUDIO), str(path)
    if audio is None:
        raise UserError(
            f"{path} holds {', '.join(arrays) or 'nothing'}: expected an array audio, [recordings, "
            "samples] or [samples] with their length, and label beside it."
        )
    clips = _split(audio, _first(arrays, _LENGTHS), name)
    beside = {
        role: _beside(arrays, names, len(clips), name)
        for role, names in (("label", _LABELS), ("speaker", ("speaker",)), ("test", ("test",)))
    }
    speaker, names = beside["speaker"], arrays.get("speaker_names")
    if speaker is not None and names is not None:
        if speaker.dtype.kind not in "iu" or speaker.max(initial=0) >= len(names):
            raise UserError(f"{path}: speaker counts beyond the {len(names)} speaker_names.")
        speaker = names[speaker]
    test = beside["test"]
    return Clips(
        name,
        clips,
        beside["label"],
        _rate(_first(arrays, _RATES), name),
        speaker,
        np.zeros(len(clips), bool) if test is None else test.astype(bool),
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        content: Any = path
        if path.suffix == ".xz":
            content = io.BytesIO(lzma.decompress(path.read_bytes()))
        opened: Any = np.load(content, allow_pickle=False)
        if not isinstance(opened, Mapping):
            raise UserError(f"{path} is no archive of arrays: write it with np.savez.")
        with opened as archive:  # type: ignore[attr-defined]  # an archive, which is closed
            return {name: archive[name] for name in archive.files}
    except (lzma.LZMAError, zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path} is no archive of NumPy ({first_line(error)}).") from error


def _first(arrays: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _split(audio: np.ndarray, lengths: np.ndarray | None, name: str) -> list[np.ndarray]:
    """Return the samples of each recording."""
    if lengths is None:
        if audio.ndim != 2:
            raise UserError(
                f"{name}: audio is an array {list(audio.shape)}: expected [recordings, samples], "
                "or [samples] with an array length beside it."
            )
        return list(audio)
    if audio.ndim != 1 or lengths.ndim != 1 or lengths.dtype.kind not in "iu":
        raise UserError(f"{name}: with an array length, audio and length are of one axis each.")
    if lengths.min(initial=0) < 0 or lengths.sum() != len(audio):
        raise UserError(
            f"{name}: the array length adds up to {lengths.sum():,}, and audio has {len(audio):,} "
            "samples."
        )
    return np.split(audio, np.cumsum(lengths)[:-1])


def _beside(
    arrays: Mapping[str, np.ndarray], names: tuple[str, ...], count: int, path: str
) -> np.ndarray | None:
    """Return an array with one value for each recording, or None where there is none."""
    found = _first(arrays, names)
    if found is not None and found.shape != (count,):
        raise UserError(
            f"{path}: {names[0]} is an array {list(found.shape)} beside {count:,} recordings: give "
            "one value for each."
        )
    return found


def _rate(rate: np.ndarray | None, path: str) -> int:
    if rate is None:
        return 0
    if rate.size != 1 or rate.dtype.kind not in "iuf" or rate.reshape(-1)[0] <= 0:
        raise UserError(
            f"{path}: rate is {rate.tolist()!r:.40}: expected one number, such as 16000."
        )
    return int(rate.reshape(-1)[0])
