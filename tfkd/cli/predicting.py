"""`tfkd predict`: lines in, answers out, as they come. No TensorFlow here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..data import Example
from ..data.reader import PAIR
from ..data.record_values import check_values
from ..data.text_columns import split_names
from ..errors import UserError
from ..runtime import Predictor
from ..tasks import Task
from ..text.batching import chunks

Record = dict[str, Any]
"""What belongs to one answer: the columns of a line."""


class RecordReader:
    """Read records, one for each answer, and what the task reads of them.

    Attributes:
        columns: The columns that are read, by role.
        seen: All columns of the files that were checked, in their order.

    Args:
        task: The task of the file.
        columns: Names of columns by role, where they differ from the task's own.
        text_column: The same of the only text, or with a comma of the two of a pair.

    Raises:
        UserError: A role that the task does not have.
    """

    def __init__(
        self, task: Task, columns: dict[str, str] | None = None, text_column: str | None = None
    ) -> None:
        self.task = task
        known = task.columns_for((), columns or {})
        names = {role: c.default for role, c in known.items() if c.required}
        self._texts = [role for role in names if task.columns[role].kind == "text"]
        written = split_names(text_column)
        if written and not self._texts:
            raise UserError(
                f"--text-column {text_column}: the task {task.name} reads {', '.join(names)}: "
                "name the column of each with --column ROLE=NAME."
            )
        if len(written) > max(1, len(self._texts)):
            raise UserError(
                f"--text-column {text_column}: this file reads one text, name its column."
            )
        names |= dict(zip(self._texts, written.values(), strict=False))
        for role, name in (columns or {}).items():
            if role not in names:
                raise UserError(f"--column {role}: the task {task.name} has {', '.join(names)}.")
            names[role] = name
        self.columns = names
        self.seen: dict[str, None] = {}
        self.named = {**dict(zip(self._texts, written.values(), strict=False)), **(columns or {})}

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is in each column that is read."""
        return tuple(self.task.columns[role].kind for role in self.columns)

    def fields(self, record: Record, where: str = "the record") -> Record:
        """Return what the task reads of a record, by role.

        Args:
            record: A record.
            where: What the record is called in an error.

        Raises:
            UserError: A value that the task cannot read.
        """
        names = self.columns_of(record)
        laid_out = self.task.in_columns(record, where, names)
        return {role: laid_out.get(name) for role, name in names.items()}

    def columns_of(self, record: Record) -> dict[str, str]:
        """Return the columns of a record by role: those of its own form, where it has them."""
        known = self.task.columns_for(record, self.named)
        found = {
            role: self.named.get(role)
            or next((name for name in (c.default, *c.also) if name in record), "")
            for role, c in known.items()
            if c.required
        }
        return found if all(name in record for name in found.values()) else self.columns

    def check(self, record: Record, where: str) -> None:
        """Refuse a record that the task cannot read.

        Args:
            record: A record; one without a text is fine.
            where: Its place in a file, for the error.

        Raises:
            UserError: It cannot be read.
        """
        check_values(record, where)
        if not self.is_blank(record):
            self.task.example(self.fields(record, where), where)

    def is_blank(self, record: Record) -> bool:
        """Return whether a record has no text, so that there is nothing to answer."""
        fields = self.fields(record)
        texts = (fields[role] for role in self._texts if role in fields)
        return any(text is None or (isinstance(text, str) and not text.strip()) for text in texts)

    def from_texts(self, texts: Iterable[str | Sequence[str]]) -> Iterator[Record]:
        """Yield a record for each text, or each pair of texts.

        Raises:
            UserError: An empty text, or the task reads something other than that.
        """
        for number, given in enumerate(texts, 1):
            each = [given] if isinstance(given, str) else given
            if not all(text.strip() for text in each):
                raise UserError(f"text {number} is empty: give at least one word.")
            record: Record = dict(zip(self._text_columns(len(each)), each, strict=True))
            self.check(record, f"text {number}")
            yield record

    def from_paths(self, paths: Iterable[str]) -> Iterator[Record]:
        """Yield a record for each example in files, of a task that reads no texts.

        Args:
            paths: Of files; blank ones are passed over.

        Raises:
            UserError: A file that cannot be read, or a task that reads more than one array.
        """
        if len(self.columns) != 1:
            raise UserError(
                f"the task {self.task.name} reads {', '.join(self.columns)}: give lines of JSON "
                "with these, and --jsonl."
            )
        (column,) = self.columns.values()
        for path in filter(None, (line.strip() for _, line in number_lines(paths, "stdin"))):
            for each in self.task.list_examples(path):
                yield {column: each}

    def from_lines(self, lines: Iterable[str], where: str = "stdin") -> Iterator[Record]:
        r"""Yield a record for each line of plain text, blank ones too.

        Of a file that reads pairs, a tab stands between both texts.

        Raises:
            UserError: The task reads something other than texts, or a line has no pair.

        >>> from tfkd.tasks import find
        >>> list(RecordReader(find("")).from_lines(["a film\n"]))
        [{'text': 'a film'}]
        """
        count = 2 if len(self._texts) == 2 else 1
        for number, line in number_lines(lines, where):
            line = line.rstrip("\r\n")
            texts = line.split("\t") if count == 2 and line.strip() else [line] * count
            if len(texts) != count:
                raise UserError(
                    f"line {number} of {where} has {len(texts) - 1} tabs: give both texts of a "
                    "pair with one tab between them, or lines of JSON and --jsonl."
                )
            record: Record = dict(zip(self._text_columns(count), texts, strict=True))
            self.check(record, f"line {number} of {where}")
            yield record

    def from_json(self, lines: Iterable[str], where: str = "stdin") -> Iterator[Record]:
        """Yield a record for each line of JSON, an object with the task's columns and any others.

        Raises:
            UserError: A line that is none.

        >>> from tfkd.tasks import find
        >>> list(RecordReader(find("")).from_json(['{"id": 7, "text": "a film"}']))
        [{'id': 7, 'text': 'a film'}]
        """
        for number, line in number_lines(lines, where):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UserError(f"line {number} of {where} is not JSON ({error}).") from error
            known = isinstance(record, dict)
            fields = self.fields(record, f"line {number} of {where}") if known else {}
            names = self.columns_of(record) if known else self.columns
            for role, name in names.items():
                value = fields.get(role)
                if role in self._texts and known and name in record:
                    value = "" if value is None else value
                if role in self._texts and not isinstance(value, str):
                    flag = "--text-column" if len(self._texts) == 1 else "--text-column A,B"
                    raise UserError(
                        f'line {number} of {where} has no text: give {{"{name}": "..."}}, or name '
                        f"the column with {flag}."
                    )
                if value is None:
                    raise UserError(
                        f"line {number} of {where} has no {name}: give it, or name the column "
                        f"with --column {role}=NAME."
                    )
            self.check(record, f"line {number} of {where}")
            yield record

    def _text_columns(self, count: int) -> list[str]:
        """Return the names of as many texts, if that is what the task reads."""
        pair = {r: c for r, c in self.task.columns_for(("text", PAIR)).items() if c.required}
        if count == 2 and len(self._texts) == 1 and list(pair) == ["text", PAIR]:
            return [column.default for column in pair.values()]
        if list(self.columns) != self._texts or len(self._texts) != count:
            if len(self._texts) == 2:
                raise UserError(
                    'this file reads pairs of texts: give --pair "A" "B", lines with a tab between '
                    "both texts, or lines of JSON with them and --jsonl."
                )
            if count == 2 and len(self._texts) == 1:
                raise UserError("this file reads single texts: leave --pair out.")
            raise UserError(
                f"the task {self.task.name} reads {', '.join(self.columns)}: give lines of JSON "
                "with these, and --jsonl."
            )
        return [self.columns[role] for role in self._texts]


def parse_columns(flags: Iterable[str]) -> dict[str, str]:
    """Return names of columns by role, from `ROLE=NAME`.

    Raises:
        UserError: A flag that is none.

    >>> parse_columns(["text=review"])
    {'text': 'review'}
    """
    columns = {}
    for flag in flags:
        role, equals, name = flag.partition("=")
        if not (role and equals and name):
            raise UserError(f"--column {flag}: write ROLE=NAME, such as text=review.")
        columns[role] = name
    return columns


def answer_records(
    predictor: Predictor,
    reader: RecordReader,
    records: Iterable[Record],
    *,
    batch_size: int = 1,
    before_batch: Callable[[int], None] = lambda texts: None,
    decoding: Mapping[str, Any] | None = None,
) -> Iterator[tuple[Record, Example | None, Any]]:
    """Yield each record with its example and the file's answer, in the order given.

    A record without a text has neither.

    Args:
        predictor: The file.
        reader: Knows what the task reads of a record.
        records: What to answer.
        batch_size: Records answered together: more in a second, and each a little later.
        before_batch: Called with the number of records before each batch.
        decoding: How a file writes, where that differs from its own settings.

    Raises:
        UserError: A batch of fewer than one, or a record that the task cannot read.
    """
    if batch_size < 1:
        raise UserError(f"batch_size is {batch_size}: write at least 1.")
    for chunk in chunks(records, batch_size):
        before_batch(len(chunk))
        known = [not reader.is_blank(record) for record in chunk]
        texts = [r for r, is_known in zip(chunk, known, strict=True) if is_known]
        examples = predictor.examples([reader.fields(record) for record in texts])
        answers = iter(zip(examples, predictor.predict(examples, **(decoding or {})), strict=True))
        for record, is_known in zip(chunk, known, strict=True):
            yield record, *(next(answers) if is_known else (None, None))


def number_lines(lines: Iterable[str], where: str) -> Iterator[tuple[int, str]]:
    """Yield lines by number; say which one is no UTF-8."""
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            yield number, line
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where} is not UTF-8 (byte 0x{error.object[error.start]:02x} after line {number}): "
            "give the texts as UTF-8."
        ) from error
