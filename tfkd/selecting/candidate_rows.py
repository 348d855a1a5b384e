"""The rows of a file to choose from, each with its text; read as often as they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..data.columns import Columns
from ..data.faults import Faults
from ..data.file_kinds import POSSIBLE_FILES, FileForm, check_format, parse_header
from ..data.reader import PAIR, ExampleReader
from ..data.record_values import check_values
from ..data.rows import read_rows
from ..data.text_checks import check_text
from ..data.text_columns import refuse_other_texts, split_names
from ..errors import UserError
from .select_settings import SelectSettings

LABEL_ROLE = "label"


class TextRow(NamedTuple):
    """A row: its text, or both of a pair, and all of its columns as they stand in the file."""

    texts: tuple[str, ...]
    fields: dict[str, Any]

    @property
    def text(self) -> str:
        """The text; of a pair both."""
        return " ".join(self.texts)


@dataclass(frozen=True)
class CandidateRows:
    """A file of texts to choose from.

    Attributes:
        path: The file.
        columns: What is known of its columns.
        skip_bad: Whether bad rows are left out.
    """

    path: Path
    columns: Columns
    skip_bad: bool

    @classmethod
    def open(cls, path: str | Path, settings: SelectSettings) -> CandidateRows:
        """Look at a file.

        Args:
            path: The file.
            settings: How it is written.

        Raises:
            UserError: No such file, a folder, another format, or columns of texts that are not
                read.
        """
        path = Path(path).expanduser()
        if path.is_dir():
            raise UserError(f"{path} is a folder: give a file of texts ({POSSIBLE_FILES}).")
        if not path.is_file():
            raise UserError(f"there is no file {path}: give a file of texts ({POSSIBLE_FILES}).")
        check_format(path)
        named = split_names(settings.text_column or None)
        form = FileForm(parse_header(settings.header or None), settings.encoding)
        reader = ExampleReader(pair=PAIR in named)
        columns = Columns(reader, named, reading=form, skip_bad=settings.skip_bad)
        # Further texts go with the row, and are no mistake where the user named the column.
        if not named:
            refuse_other_texts(path, columns, LABEL_ROLE)
        return cls(path, columns, settings.skip_bad)

    def read(self, faults: Faults | None = None) -> Iterator[TextRow]:
        """Yield the good rows, always the same ones in the same order.

        Args:
            faults: Collects what is wrong with the others.

        Raises:
            UserError: A file that cannot be read, or without the column of texts.
        """
        faults = faults or Faults(collect=True)
        names: dict[str, str] = {}
        for row in read_rows(self.path, self.columns.reading_of(False), faults):
            names = names or self.columns.find(self.path, row.fields, labelled=False)
            try:
                check_values(row.fields, row.where)
                texts = tuple(
                    check_text(row.where, row.fields.get(name), name) for name in names.values()
                )
            except UserError as error:
                faults.add(str(error))
                continue
            yield TextRow(texts, dict(row.fields))

    def count(self) -> tuple[int, int]:
        """Return how many rows are good, and how many bad.

        Raises:
            UserError: Bad rows, and nobody said that they are left out.
        """
        faults = Faults(collect=True)
        good = sum(1 for _ in self.read(faults))
        if faults.count and (not good or not self.skip_bad):
            faults.refuse(str(self.path), good)
        return good, faults.count
