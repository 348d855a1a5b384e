"""What a watch has written, and beside it what it has read and counted, so that it goes on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import UserError
from ..files import replace_when_whole

_FORMAT = 1


class WatchOutput:
    """Lines of JSON that are appended to a file, and the state beside it.

    The state says how many bytes of the output belong to it. So a watch that was killed between
    writing both drops the lines beyond, reads their texts again, and writes them again.

    Args:
        path: The file of lines; `None` keeps neither it nor a state.
        settings: What the counts depend on: those of another watch are refused.

    Attributes:
        state: What an earlier watch kept; empty for a new one.

    Raises:
        UserError: A file of something else, of another watch, or of one that still runs.
    """

    def __init__(self, path: Path | None, settings: dict[str, Any]) -> None:
        self.path, self._settings = path, settings
        self.state: dict[str, Any] = {}
        self._stream: BinaryIO | None = None
        if path is None:
            return
        if path.is_dir() or not path.parent.is_dir():
            raise UserError(f"--to {path}: there is no folder {path.parent}, or this is one.")
        self.state = self._read_state()
        if not self.state and path.exists() and path.stat().st_size:
            raise UserError(
                f"{path} is there, and {self._state_path.name} is not, which says how far it is: "
                "give another --to, or remove it."
            )
        self._stream = path.open("ab")
        _hold(self._stream, path)

    @property
    def _state_path(self) -> Path:
        assert self.path is not None
        return self.path.with_name(f"{self.path.name}.state")

    def go_back(self, *, keep_whole_lines: bool) -> None:
        """Drop what was written after the state was: it is made again from the same texts.

        Args:
            keep_whole_lines: Whether those texts do not come again, as of a pipe: then only a line
                that is cut off is dropped.

        Raises:
            UserError: The file is shorter than it was.
        """
        if self._stream is None or self.path is None or not self.state:
            return
        length = self.state["written"]
        if self.path.stat().st_size < length:
            raise UserError(
                f"{self.path} is shorter than it was: give another --to, or remove it and "
                f"{self._state_path.name}."
            )
        if keep_whole_lines:
            with self.path.open("rb") as stream:
                stream.seek(length)
                length += stream.read().rfind(b"\n") + 1
        self._stream.truncate(length)
        self._stream.seek(0, os.SEEK_END)

    def write(self, lines: Iterable[dict[str, Any]]) -> None:
        """Append lines to the file, or print them where there is none."""
        for line in lines:
            text = json.dumps(line, ensure_ascii=False)
            if self._stream is None:
                print(text, flush=True)
            else:
                self._stream.write(text.encode() + b"\n")

    def save(self, values: dict[str, Any]) -> None:
        """Write the lines to the disk, then the state.

        Args:
            values: What was read and counted.
        """
        if self._stream is None:
            return
        self._stream.flush()
        os.fsync(self._stream.fileno())
        written = self._stream.tell()
        self.state = {**values, "settings": self._settings, "written": written, "format": _FORMAT}
        with replace_when_whole(self._state_path) as part:
            part.write_text(json.dumps(self.state), encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def _read_state(self) -> dict[str, Any]:
        if not self._state_path.exists():
            return {}
        try:
            state = json.loads(self._state_path.read_text(encoding="utf-8"))
            known = state["format"] == _FORMAT
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise UserError(
                f"{self._state_path} is damaged, or of another version: give another --to, or "
                f"remove it and {self.path}."
            )
        if not state["counts"]["texts"]:
            # Nothing was counted, as with the wrong name of a column.
            return {}
        for name, value in self._settings.items():
            if state["settings"].get(name) != value:
                raise UserError(
                    f"{self.path} was written with the {name} {state['settings'].get(name)!r}, and "
                    f"now it is {value!r}: give another --to."
                )
        return state


def _hold(stream: BinaryIO, path: Path) -> None:
    """Keep other watches from the file until it is closed, also by a kill."""
    with contextlib.suppress(ImportError):  # Windows has no such lock
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.close()
            raise UserError(
                f"another `tfkd watch` writes {path}: wait for it, or give another --to."
            ) from error
