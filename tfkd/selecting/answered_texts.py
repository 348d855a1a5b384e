"""Which texts a language model has answered already: the journals of `tfkd label`, and files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..data.file_kinds import file_format
from ..data.splits import hash_text
from ..errors import UserError
from .candidate_rows import CandidateRows
from .select_settings import SelectSettings

JOURNAL = "answers.jsonl"
"""The file of a language model's answers, in the folder that they are kept in."""


def read_answered(paths: Iterable[str | Path], settings: SelectSettings) -> set[int]:
    """Return numbers of the texts that are answered, as `hash_text` makes them.

    Args:
        paths: Folders of `tfkd label`, finished or not, or of all answers of a run; and files of
            texts.
        settings: How files are written.

    Raises:
        UserError: Nothing there, or a folder without such answers.
    """
    found: set[int] = set()
    for path in (Path(path).expanduser() for path in paths):
        if path.is_dir():
            journals = sorted(path.rglob(JOURNAL))
            if not journals:
                raise UserError(
                    f"answered is {path}, where no file is called {JOURNAL}: give a folder of "
                    "`tfkd label`, or a file of texts."
                )
            for journal in journals:
                found |= set(_read_journal(journal))
            continue
        if path.name == JOURNAL and path.is_file():
            found |= set(_read_journal(path))
            continue
        if not path.is_file() or file_format(path) is None:
            raise UserError(
                f"answered is {path}, and there is no such file of texts: give a folder of `tfkd "
                "label`, or a file of texts."
            )
        rows = CandidateRows.open(path, settings)
        found |= {hash_text(row.text, 0) for row in rows.read()}
    return found


def _read_journal(path: Path) -> Iterator[int]:
    """Yield the numbers of texts in a journal, the last line of which a kill may have cut off."""
    with path.open("rb") as lines:
        for line in lines:
            try:
                number = int(json.loads(line)["text"], 16)
            # A mode or a call is of no text.
            except (ValueError, KeyError, TypeError):
                continue
            yield number
