"""Whole lines of a file or a pipe as they come, and the place up to which they were read."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..progress import logger

PIPE = "-"
_READ = 1 << 16
_LONGEST = 1 << 24  # bytes of a line
_WAIT = 0.5  # seconds between two looks at a file that grows
_AT_ONCE = 32
Lines = list[tuple[int, bytes]]


class LineSource:
    """The lines of a file, or of stdin for `-`, from the first or from where a watch stopped.

    Args:
        path: The file, or `-`.
        follow: Whether to wait for more lines at its end.

    Attributes:
        follows: Whether it waits for more.
        offset: Bytes up to which lines were handed out.
        lines: Number of these lines.

    Raises:
        UserError: No such file.
    """

    def __init__(self, path: str, *, follow: bool = False) -> None:
        self.path, self.is_pipe, self.follows = path, path == PIPE, follow
        self.name = "stdin" if self.is_pipe else path
        self.offset = self.lines = 0
        self._digest = hashlib.sha256()
        self._first = ""
        self._replay: dict[str, Any] = {}
        self._is_open = False  # whether the last line has no end yet
        if self.is_pipe:
            self._file = sys.stdin.fileno()
            return
        if not Path(path).is_file():
            raise UserError(
                f"there is no file {path}: give a file of lines of JSON, or - for stdin."
            )
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def close(self) -> None:
        """Close the file."""
        if not self.is_pipe:
            os.close(self._file)

    def place(self) -> dict[str, Any]:
        """Return up to where lines were handed out, and what they were, as plain values."""
        begins_again = self._first in ("", self._replay.get("first"))
        if self._replay and begins_again and self.lines < self._replay["lines"]:
            return self._replay  # what an earlier watch counted came again in part
        return {
            "offset": self.offset,
            "lines": self.lines,
            "digest": self._digest.hexdigest(),
            "first": self._first,
            "open": self._is_open,
        }

    def go_on(self, place: dict[str, Any]) -> None:
        """Go on from a place; of a pipe, only where the same lines come again.

        Args:
            place: As `place` gave it.

        Raises:
            UserError: The file no longer begins with what was read of it.
        """
        if self.is_pipe:
            self._replay = place if place["lines"] else {}
            return
        left = place["offset"]
        while left and (chunk := os.read(self._file, min(left, 1 << 20))):
            self._digest.update(chunk)
            left -= len(chunk)
        if left or self._digest.hexdigest() != place["digest"]:
            raise self._changed()
        self.offset, self.lines, self._first = place["offset"], place["lines"], place["first"]
        self._is_open = place.get("open", False)

    def batches(self) -> Iterator[Lines]:
        """Yield lines by number, at most 32 at once, as soon as they are there.

        Raises:
            UserError: The file became shorter, or was replaced; or a line is endless.
        """
        rest = b""
        while True:
            chunk = os.read(self._file, _READ)
            if not chunk and self.follows and not self.is_pipe:
                yield []  # nothing new: what is counted can be written
                self._check_grown()
                time.sleep(_WAIT)
                continue
            rest += chunk
            if len(rest) > _LONGEST and b"\n" not in chunk:
                raise UserError(
                    f"line {self.lines + 1} of {self.name} has more than 16 MiB: give one JSON "
                    "object on each line."
                )
            *whole, rest = rest.split(b"\n")
            for start in range(0, len(whole), _AT_ONCE):
                yield self._hand_out([line + b"\n" for line in whole[start : start + _AT_ONCE]])
            if not chunk:
                if _is_whole(rest):
                    yield self._hand_out([rest])
                elif rest.strip():
                    logger.warning(
                        f"line {self.lines + 1} of {self.name}, the last one, is cut off: it is "
                        "not counted; give the same command again when the rest of it has come."
                    )
                return

    def _hand_out(self, lines: list[bytes]) -> Lines:
        """Count lines as read; return those that were not read by an earlier watch."""
        numbered = []
        for line in lines:
            self._first = self._first or hashlib.sha256(line).hexdigest()
            self._digest.update(line)
            self.offset += len(line)
            # The end of a line that was whole without it is no further line.
            self.lines += not (self._is_open and not line.strip())
            self._is_open = not line.endswith(b"\n")
            if not self._is_replayed():
                numbered.append((self.lines, line))
        return numbered

    def _is_replayed(self) -> bool:
        """Return whether a line of a pipe is one that an earlier watch has counted."""
        if not self._replay or self._first != self._replay["first"]:
            return False
        if self.lines == self._replay["lines"]:
            if self._digest.hexdigest() != self._replay["digest"]:
                raise self._changed()
            return True
        return self.lines < self._replay["lines"]

    def _check_grown(self) -> None:
        try:
            now, then = os.stat(self.path), os.fstat(self._file)
        except FileNotFoundError:
            raise self._changed() from None
        if now.st_size < self.offset or (now.st_ino, now.st_dev) != (then.st_ino, then.st_dev):
            raise self._changed()

    def _changed(self) -> UserError:
        return UserError(
            f"{self.name} no longer begins with the lines that were read of it: what is written "
            "stays as it is; watch the new one with another --to."
        )


def _is_whole(line: bytes) -> bool:
    """Return whether a line without an end is all there, as the braces of JSON say."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
