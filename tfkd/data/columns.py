"""Which columns play which role, and the check of every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError
from .column_names import ACCOMPANYING, flag_of, has_column, second_names, split_columns
from .conll_rows import spell_odd_line
from .examples import Example
from .faults import Faults
from .file_kinds import FileForm, Row, file_format
from .labels import label_key
from .questions import UnfitDataError, first_rows, suggest_flags
from .reader import Column, ExampleReader
from .rows import read_rows
from .text_checks import check_text

KEPT = "kept column"
"""The key of a value that an example has beside its roles."""


class Record(NamedTuple):
    """A checked row: where it stands, and its example with labels as in the file."""

    where: str
    example: Example


@dataclass(frozen=True)
class Columns:
    """The columns that a reader wants, and those that the user named for its roles.

    Attributes:
        reader: Knows the roles.
        named: The names of columns by role.
        ignore_texts: Whether the user leaves all other columns of texts out.
        reading: What is known of how the files are written.
        skip_bad: Whether rows that cannot be used are left out.
        kept: A further column whose values examples keep as `KEPT`.

    Raises:
        UserError: A role that the reader does not have.
    """

    reader: ExampleReader = field(default_factory=ExampleReader)
    named: Mapping[str, str] = field(default_factory=dict)
    ignore_texts: bool = False
    reading: FileForm = field(default_factory=FileForm)
    skip_bad: bool = False
    kept: str = ""

    def __post_init__(self) -> None:
        for role in self.named:
            if role not in self.reader.columns:
                raise UserError(
                    f"no column plays the role {role!r}: this task reads "
                    f"{', '.join(self.reader.columns)}."
                )

    def column_of(self, role: str, path: Path, fields: Mapping[str, Any]) -> str:
        """Return the name of the column that plays `role` in `path`, whose first row is `fields`.

        A label is the only column that is left, where none has the usual name.

        Args:
            role: A role of the reader.
            path: The file, for the error.
            fields: Its first row.

        Raises:
            UserError: No column of this name; says how to name one.

        >>> row = {"id": "7", "text": "hello", "intent": "greet"}
        >>> Columns().column_of("label", Path("a.csv"), row)
        'intent'
        """
        known = self.reader.columns_for(fields, self.named)
        column = known[role]
        wanted = self.named.get(role, column.default)
        if wanted in fields:
            return wanted
        same = [name for name in fields if name.strip().casefold() == wanted.casefold()]
        if len(same) == 1:
            return same[0]
        several = column.kind == "labels" and "," in wanted
        if several and all(name in fields for name in split_columns(wanted)):
            return wanted
        also = [name for name in fields if name.strip().casefold() in column.also]
        if len(also) == 1 and role not in self.named:
            return also[0]
        if not column.required and role not in self.named:
            others = {
                self.named.get(other, column.default).casefold()
                for other, column in known.items()
                if other != role
            }
            twins = second_names(fields, others)
            left = [
                n for n in fields if n.strip().casefold() not in {*others, *ACCOMPANYING, *twins}
            ]
            if len(left) == 1:
                return left[0]
        if several:
            wanted = next(name for name in split_columns(wanted) if name not in fields)
        raise UserError(
            f"{path}, row 1: no column {wanted!r}; it has "
            f"{', '.join(map(repr, fields)) or 'none'}. Name the {role} column with "
            f"{flag_of(role)}."
            + (
                " Several columns of labels are read with --form multilabel."
                if column.kind == "label" and "," in wanted
                else ""
            )
        )

    def find(self, path: Path, fields: Mapping[str, Any], labelled: bool = True) -> dict[str, str]:
        """Return the name of the column for each role that is read.

        Args:
            path: The file.
            fields: Its first row.
            labelled: Whether the labels are read too.

        Raises:
            UserError: Columns that are not there, all of them at once, and what they may be; or
                data for another task.
        """
        names, missing = {}, {}
        roles = self.reader.columns_for(fields, self.named)
        for role, column in roles.items():
            if column.optional and role not in self.named and not has_column(fields, column):
                continue
            if labelled or column.required:
                try:
                    names[role] = self.column_of(role, path, fields)
                except UserError as error:
                    missing[role] = str(error)
        if any(roles[role].kind == "text" for role in missing):
            # What is left may be the text as well as the label.
            guessed = [role for role in names if names[role].casefold() != self._wanted(role)]
            missing |= {role: "" for role in guessed if role not in self.named}
        self._refuse_other_kinds(path, fields, names, unfit=bool(missing))
        if missing:
            raise self._explain(path, fields, missing, names)
        self._refuse_twins(path, names)
        return names

    def _refuse_twins(self, path: Path, names: Mapping[str, str]) -> None:
        """Refuse a column that was found for two roles which nobody named."""
        found: dict[str, str] = {}
        for role, name in names.items():
            if role in self.named:
                continue
            other = found.setdefault(name, role)
            if other != role:
                raise UserError(
                    f"{path}, row 1: the column {name!r} would be read as {other} and as {role}: "
                    f"name each with {flag_of(other)} and {flag_of(role)}."
                )

    def _wanted(self, role: str) -> str:
        return self.named.get(role, self.reader.columns[role].default).casefold()

    def _refuse_other_kinds(
        self, path: Path, fields: Mapping[str, Any], names: Mapping[str, str], *, unfit: bool
    ) -> None:
        known = self.reader.columns_for(fields, self.named)
        texts = [role for role, column in known.items() if column.kind == "text"]
        if texts != list(known)[: len(texts)] or not texts:
            return
        read = [fields.get(names[role]) for role in texts if role in names]
        what = self.reader.other_kind(fields)
        if what and (unfit or not all(isinstance(value, str) for value in read)):
            raise UnfitDataError(
                f"{path} looks like {what}: it has the columns {', '.join(fields)}. This task "
                f"reads {' and '.join(known)}."
            )

    def _explain(
        self,
        path: Path,
        fields: Mapping[str, Any],
        missing: Mapping[str, str],
        names: Mapping[str, str],
    ) -> UserError:
        wanted = {role: self.named.get(role, self.reader.columns[role].default) for role in missing}
        names = {role: name for role, name in names.items() if role not in missing}
        rows = first_rows(self.rows(path))
        taken = {*names.values()}
        others = {name for name in fields if name.strip().casefold() in ACCOMPANYING}
        label = self.reader.columns.get("label")
        is_text = label is not None and label.kind == "target"
        hint = self._hint_of_words(path) or suggest_flags(
            tuple(missing), wanted, rows, (taken | others, taken), label_is_text=is_text
        )
        if len(missing) == 1:
            return UserError(next(iter(missing.values())) + hint)
        flags = " and ".join(flag_of(role) for role in missing)
        return UserError(
            f"{path}, row 1: no columns {' and '.join(map(repr, wanted.values()))}; it has "
            f"{', '.join(map(repr, fields)) or 'none'}. Name them with {flags}.{hint}"
        )

    def _hint_of_words(self, path: Path) -> str:
        """Return how a file of words is known that was read as a table, or nothing."""
        reads_words = any(column.kind == "words" for column in self.reader.columns.values())
        if not reads_words or file_format(path) not in (".txt", ".tsv"):
            return ""
        odd = spell_odd_line(path, self.reading.encoding)
        return f" If each line is a word with its tags, name it .conll: {odd}." if odd else ""

    def rows(
        self, path: Path, reading: FileForm | None = None, faults: Faults | None = None
    ) -> Iterator[Row]:
        """Yield the rows of a file as the reader's columns describe them.

        Args:
            path: The file.
            reading: What is known of it; by default what this says of a labelled file.
            faults: Takes the rows that cannot be read; by default all are left out.
        """
        faults = faults or Faults(collect=True)
        for row in read_rows(path, reading or self.reading_of(True), faults):
            try:
                fields = self.reader.in_columns(row.fields, row.where, self.named)
            except UserError as error:
                faults.add(str(error))
            else:
                kept = {self.kept: row.fields[self.kept]} if self.kept in row.fields else {}
                yield Row(row.where, {**fields, **kept})

    def records(
        self, path: Path, labelled: bool = True, faults: Faults | None = None
    ) -> Iterator[Record]:
        """Yield the checked rows of `path`; of an unlabelled file, its required columns only.

        Args:
            path: The file.
            labelled: Whether the labels are read too.
            faults: Takes the rows that cannot be used; by default the first one is raised, or all
                are left out where the user says so.
        """
        faults = faults or Faults(collect=self.skip_bad)
        names: dict[str, str] = {}
        seen: set[str] = set()
        for row in self.rows(path, self.reading_of(labelled), faults):
            names = names or self.find(path, row.fields, labelled)
            seen = seen or set(row.fields)
            try:
                if labelled and not row.fields.keys() <= seen:
                    self._refuse_late(row, names)
                    seen |= row.fields.keys()
                fields = {role: self._value(row, role, name) for role, name in names.items()}
                example = self.reader.example(fields, row.where)
            except UserError as error:
                faults.add(str(error))
                continue
            if self.kept:
                example = Example({**example, KEPT: row.fields.get(self.kept)})
            yield Record(row.where, example)

    def _refuse_late(self, row: Row, names: Mapping[str, str]) -> None:
        """Refuse a column that would have been read, were it in the first row."""
        for role, column in self.reader.columns_for(row.fields, self.named).items():
            read = role in names or role in self.named
            if column.optional and not read and has_column(row.fields, column):
                raise UserError(
                    f"{row.where}: has {column.default!r}, and the first row has not, by which the "
                    "columns of a file are known: write it there too, as null where there is none."
                )

    def reading_of(self, labelled: bool, blank_lines: bool = False) -> FileForm:
        """Return how to read a file, given the columns that are looked for in it.

        Args:
            labelled: Whether the labels are read too.
            blank_lines: Whether a blank line of a plain text is a row too.
        """
        wanted = {
            role: self.named.get(role, column.default)
            for role, column in self.reader.columns_for((), self.named).items()
            if labelled or column.required
        }
        texts = [n for role, n in wanted.items() if self.reader.columns[role].kind == "text"]
        lines = texts[0] if len(texts) == len(wanted) == 1 else ""
        names = (*wanted.values(), *filter(None, ACCOMPANYING))
        return replace(self.reading, names=names, lines=lines, blank_lines=blank_lines)

    def _value(self, row: Row, role: str, name: str) -> Any:
        column = self.reader.columns[role]
        if column.kind == "labels" and name not in row.fields and "," in name:
            return {each: self._field(row, column, each) for each in split_columns(name)}
        value = self._field(row, column, name)
        if column.kind == "label":
            return label_key(row.where, value)
        absent = column.optional and value is None
        return value if column.kind != "text" or absent else check_text(row.where, value, name)

    def _field(self, row: Row, column: Column, name: str) -> Any:
        if name not in row.fields and column.optional:
            return None
        if name not in row.fields:
            cure = (
                'an unlabelled row says so with null, "" or -100.'
                if not column.required
                else "every row needs one."
            )
            raise UserError(f"{row.where}: no {name!r}; {cure}")
        return row.fields[name]


def find_label_column(path: Path, columns: Columns) -> str:
    """Return the name of the label column of `path`, from its first row; "label" without one."""
    row = next(columns.rows(path), None)
    names = columns.find(path, row.fields) if row else {}
    known = columns.reader.columns_for(row.fields, columns.named) if row else {}
    return next((name for role, name in names.items() if not known[role].required), "label")


def check_roles(reader: ExampleReader, roles: Iterable[str], spec: str) -> None:
    """Refuse a task for a data set that does not have all of its columns.

    Args:
        reader: The task.
        roles: The roles that the data set has.
        spec: What the data set is called, for the error.

    Raises:
        UserError: The data set gives other roles.
    """
    known = reader.columns.items()
    missing = [role for role, column in known if role not in roles and not column.optional]
    if missing:
        raise UserError(
            f"the data {spec} gives {' and '.join(roles)}, and this task reads {missing[0]!r} too: "
            "give a file or a folder of files with these columns."
        )
