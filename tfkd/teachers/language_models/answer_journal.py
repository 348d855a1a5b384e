"""Each answer of a language model on disk as soon as it came: a killed run asks no text again."""

from __future__ import annotations

import json
import os
import threading
import uuid
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ...data.splits import hash_text
from ...errors import UserError
from ...progress import logger

NAME = "answers.jsonl"
_CALL = "call "
Entry = dict[str, Any]


class AnswerJournal:
    """Answers by their keys, in a file that only grows.

    A line that was cut off by a kill, or is no JSON, is left out, and its text is asked again.

    Args:
        folder: Where the file is, which may be new.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with AnswerJournal(Path(folder)) as journal:
    ...         journal.add("key", {"chances": [0.9, 0.1]})
    ...     with AnswerJournal(Path(folder)) as journal:
    ...         journal.find("key")
    {'chances': [0.9, 0.1]}
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._lock, self._held = threading.Lock(), FileLock(folder / ".answers.lock", timeout=0)
        self._file: int | None = None
        self._entries = _read(self.path, cut=False)

    def __enter__(self) -> AnswerJournal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def open(self) -> None:
        """Keep other processes out, and read what they have written.

        Raises:
            UserError: Another process writes to it.
        """
        with self._lock:
            self._open()

    def _open(self) -> int:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._held.acquire()
            except Timeout:
                raise UserError(
                    f"another process is asking for {self.path.parent}: wait for it."
                ) from None
            self._entries = _read(self.path, cut=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        return self._file

    def close(self) -> None:
        """Close the file, and let others in."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self._held.release()

    def __len__(self) -> int:
        """Return how many answers there are."""
        return sum("chances" in entry or "answer" in entry for entry in self._entries.values())

    def find(self, key: str) -> Entry | None:
        """Return the answer of a key, if there is one."""
        return self._entries.get(key)

    def add(self, key: str, entry: Entry, text: str = "") -> None:
        """Write an answer: it is on disk when this returns.

        Args:
            key: What it is found by.
            entry: The answer.
            text: What it is of, by whose number `tfkd select` knows that it is answered, however it
                was asked.
        """
        entry = {**entry, "text": f"{hash_text(text, 0):016x}"} if text else entry
        line = json.dumps({"key": key, **entry}, ensure_ascii=False).encode("utf-8", "replace")
        with self._lock:
            # One call: two threads' lines never mix, and a kill cuts the last line alone.
            os.write(self._open(), line + b"\n")
            self._entries[key] = entry

    def note_call(self, cost: float) -> None:
        """Write down a request that was made, and what it cost."""
        self.add(f"{_CALL}{uuid.uuid4().hex[:16]}", {"cost": cost})

    def spent(self) -> tuple[int, float]:
        """Return how many requests were made, and what they cost together."""
        costs = [entry["cost"] for key, entry in self._entries.items() if key.startswith(_CALL)]
        return len(costs), sum(costs)


def _read(path: Path, *, cut: bool) -> dict[str, Entry]:
    """Read the whole lines of a file, and cut off a last line that is none, if it may be cut."""
    if not path.is_file():
        return {}
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if cut and whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
    entries, broken = {}, 0
    for line in content[:whole].splitlines():
        try:
            entry = json.loads(line)
            entries[entry.pop("key")] = entry
        except (ValueError, KeyError, AttributeError):
            broken += 1
    if broken:
        logger.warning(f"{path} has {broken} broken lines: their texts are asked again.")
    return entries
