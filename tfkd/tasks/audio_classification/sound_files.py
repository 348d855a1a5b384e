"""Where recordings are found: folders of WAV files by class, tables of paths, arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...data import Example
from ...data.class_folders import find_class_folders
from ...data.columns import Record
from ...data.faults import Faults
from ...data.file_kinds import file_format
from ...data.folders import split_files
from ...data.labels import label_key
from ...data.rows import read_rows
from ...data.sounds import Sound, as_samples, read_wave
from ...data.source import Source
from ...errors import UserError
from ...progress import logger
from .sound_arrays import is_archive, load_clips
from .sound_settings import speakers

Check = Callable[[Mapping[str, Any], str], Example]
"""Values by role and their place to an example."""
Rows = Callable[[], Iterator[tuple[str, dict[str, Any]]]]
"""Opens the rows of a file: where each stands, and its values by role."""
SUFFIXES = (".wav", ".wave")
LAYOUTS = (
    "WAV files in folders by class (train/CLASS/*.wav), a table with the columns audio (paths of "
    "WAV files), label and perhaps speaker, or an .npz with audio, label and rate"
)
_PATHS = ("audio", "wav", "path", "file", "filename")


def open_sounds(path: Path, check: Check, settings: Mapping[str, Any]) -> dict[str, Source] | None:
    """Return the splits of a data set of recordings, or None where there are none.

    Args:
        path: A file or a folder.
        check: Makes an example of a recording and its label, or refuses it.
        settings: Of the task.

    Raises:
        UserError: Speakers that are not there, or a file that is damaged.
    """
    parts = _find(path)
    if not parts:
        return None
    kept = speakers(settings)
    if kept:
        parts = _by_speaker(path, parts, kept)
    voices = _Voices(parts)
    return {
        split: Source(str(path), partial(_read, split, voices, check), skips=True)
        for split in parts
    }


def list_sounds(path: str) -> list[str]:
    """Return what `read_sound` takes for each recording of a file: a WAV file or an archive.

    Raises:
        UserError: A damaged archive.
    """
    file = Path(path).expanduser()
    if not (is_archive(file) and file.is_file()):
        return [path]
    return [f"{path}#{number}" for number in range(len(load_clips(file).audio))]


def read_sound(path: str) -> Sound:
    """Return the recording of a WAV file, or of `ARCHIVE#NUMBER`.

    Raises:
        UserError: There is none.
    """
    file, _, number = path.rpartition("#")
    if not (is_archive(Path(file)) and number.isdecimal()):
        return read_wave(Path(path).expanduser())
    archive = Path(file).expanduser()
    if not archive.is_file():
        raise UserError(f"there is no file {archive}.")
    clips = load_clips(archive)
    if int(number) >= len(clips.audio):
        raise UserError(
            f"{file} holds {len(clips.audio):,} recordings, numbered from 0: there is no {path}."
        )
    return Sound(as_samples(clips.audio[int(number)], path), clips.rate)


def _find(path: Path) -> dict[str, Rows]:
    """Return what opens the rows of each split."""
    if path.is_dir():
        files = {split: file for split, file in split_files(path).items() if _names_sounds(file)}
        if files:
            return {split: partial(_rows_of_table, file) for split, file in files.items()}
        found = find_class_folders(path, SUFFIXES)
        return {split: partial(_rows_of_files, files) for split, files in found.items()}
    if not path.is_file():
        return {}
    if is_archive(path):
        clips = load_clips(path)
        if not clips.test.any():
            return {"train": clips.rows}
        return {"train": partial(clips.rows, ~clips.test), "test": partial(clips.rows, clips.test)}
    if path.suffix.lower() in SUFFIXES:
        return {"train": partial(_rows_of_files, [(path, None)])}
    return {"train": partial(_rows_of_table, path)} if _names_sounds(path) else {}


def _names_sounds(path: Path) -> bool:
    """Return whether a file is a table of recordings, by its first row."""
    if not file_format(path):
        return False
    try:
        row = next(read_rows(path, faults=Faults(collect=True)), None)
    except UserError:
        # Whoever reads tables of texts says what is wrong.
        return False
    return row is not None and _column(row.fields) is not None


def _column(fields: Mapping[str, Any]) -> str | None:
    """Return the column of the recordings: paths of WAV files, or lists of samples."""
    for name, value in fields.items():
        known = name.strip().casefold() in _PATHS
        if known and (isinstance(value, list) or str(value).lower().endswith(SUFFIXES)):
            return name
    return None


def _rows_of_files(
    files: list[tuple[Path, str | None]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, label in files:
        yield str(path), {"audio": path, "label": label}


def _rows_of_table(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    column: str | None = None
    for where, fields in read_rows(path):
        column = column or _column(fields)
        value = fields.get(column or "")
        if isinstance(value, str) and value.strip():
            # Of a path that is not absolute, the folder of the table is the start.
            value = path.parent / Path(value).expanduser()
        names = {name.strip().casefold(): name for name in fields}
        beside = [name for name in ("speaker", "rate") if name in names]
        row: dict[str, Any] = {name: fields[names[name]] for name in beside}
        yield where, {**row, "audio": value, "label": fields.get(names.get("label", "label"))}


def _by_speaker(
    path: Path, parts: Mapping[str, Rows], kept: Mapping[str, tuple[str, ...]]
) -> dict[str, Rows]:
    """Return splits by who speaks, whatever splits the files have; the others are for training.

    Raises:
        UserError: A speaker who is not there, or nobody is left to train on.
    """
    everything = [rows for split, rows in parts.items() if split != "unlabelled"]
    there = {str(row.get("speaker", "")) for rows in everything for _, row in rows()} - {""}
    for split, names in kept.items():
        for name in names:
            if name not in there:
                listed = ", ".join(sorted(there)) or "nobody: give a column or an array speaker"
                raise UserError(
                    f"{split}_speakers names {name!r}, and the speakers of {path} are {listed}."
                )
    taken = {name for names in kept.values() for name in names}
    if there <= taken:
        raise UserError(f"all speakers of {path} are kept for other splits: leave some to train.")
    groups = {"train": there - taken, **{split: set(names) for split, names in kept.items()}}
    found: dict[str, Rows] = {
        split: partial(_spoken_by, everything, frozenset(names)) for split, names in groups.items()
    }
    if "unlabelled" in parts:
        found["unlabelled"] = parts["unlabelled"]
    return found


def _spoken_by(parts: list[Rows], names: frozenset[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for rows in parts:
        for where, row in rows():
            if str(row.get("speaker", "")) in names:
                yield where, row


class _Voices:
    """The rows by split, and a word on those who speak in training and in test.

    Args:
        parts: Opens the rows of each split.
    """

    def __init__(self, parts: Mapping[str, Rows]) -> None:
        self.parts, self._told = parts, set[str]()

    def warn(self, split: str) -> None:
        """Say, once, which speakers of a split are in train too."""
        if split not in ("validation", "test") or split in self._told:
            return
        self._told.add(split)
        those, known = (self._speakers(name) for name in (split, "train"))
        if those & known:
            logger.info(
                f"{len(those & known)} of the {len(those)} speakers of {split} are in train too, "
                f"so its scores promise too much for new voices: --task-set {split}_speakers=NAME "
                "keeps somebody apart"
            )

    def _speakers(self, split: str) -> set[str]:
        rows = self.parts[split]() if split in self.parts else ()
        return {str(row.get("speaker") or "") for _, row in rows} - {""}


def _read(
    split: str, voices: _Voices, check: Check, faults: Faults | None = None
) -> Iterator[Record]:
    voices.warn(split)
    faults = faults or Faults()
    for where, row in voices.parts[split]():
        try:
            example = check({**row, "label": label_key(where, row["label"])}, where)
        except UserError as error:
            faults.add(str(error))
            continue
        yield Record(where, example)
