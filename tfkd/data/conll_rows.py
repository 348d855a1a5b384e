"""Rows of CoNLL files: a word with its tags on each line, and a blank line behind each sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..errors import UserError
from .faults import Faults
from .file_kinds import FileForm, Row
from .lines import read_lines

WORDS, TAGS = "tokens", "tags"
"""What the first and the last column are called; all are called by their number too."""
DOCUMENT = "-DOCSTART-"
_LOOKED_AT = 200
_REMEMBERED = 1_000
_TAG = re.compile(r"O|[BIELMSUW]-\S+")
_BLANKS = re.compile(r"[ \t]+")
Lines = list[tuple[int, list[str]]]
"""The lines of a sentence, by number, as fields."""


def looks_like_conll(path: Path, encoding: str = "") -> bool:
    """Return whether a `.txt` or `.tsv` has words with tags: in IOB, in columns, `O` among them.

    Args:
        path: The file; one that cannot be read is none.
        encoding: What it is where it is not UTF-8 or UTF-16.
    """
    try:
        return not spell_odd_line(path, encoding)
    except UserError:
        return False


def spell_odd_line(path: Path, encoding: str = "") -> str:
    """Return why a file does not look like words with tags, for a sentence; empty where it does.

    Args:
        path: The file.
        encoding: What it is where it is not UTF-8 or UTF-16.

    Raises:
        UserError: It cannot be read as text.
    """
    lines = list(islice(read_lines(path, encoding), _LOOKED_AT))
    rows = [(number, split_line(line)) for number, line in lines]
    words = [
        (n, row) for n, row in rows if row and row[0] != DOCUMENT and not row[0].startswith("#")
    ]
    if not words:
        return "it has no words"
    width = len(words[0][1])
    for number, row in words:
        shown = f"line {number} is {' '.join(row)[:40]!r}"
        if len(row) != width or width < 2:
            return f"{shown}, with {len(row)} column{'s' * (len(row) > 1)}"
        if not _TAG.fullmatch(row[-1]):
            return f"{shown}, whose end is no tag such as B-PER or O"
    if len(words) == len(rows) and all(row[-1] != "O" for _, row in words):
        return "no line is blank, and no tag is O"
    return ""


def split_line(line: str) -> list[str]:
    r"""Return the fields of a line: between tabs where it has one, else between blanks.

    >>> split_line("EU NNP B-ORG\n"), split_line("\n"), split_line("a b\tO\n")
    (['EU', 'NNP', 'B-ORG'], [], ['a b', 'O'])
    """
    line = line.strip("\r\n")
    if "\t" in line.strip(" \t"):
        return [field.strip(" ") for field in line.rstrip("\t ").split("\t")]
    return [field for field in _BLANKS.split(line) if field]


def read_conll(path: Path, reading: FileForm, faults: Faults) -> Iterator[Row]:
    """Yield a row for each sentence: lists of its words and of their tags, by column.

    Columns are called `1`, `2`, ... or as the header says; the first one is `tokens` too, and the
    last one `tags`. Comments, such as `# id 7`, and the lines `-DOCSTART-` are left out.

    Args:
        path: The file.
        reading: Its encoding, and the names of its columns if they have some.
        faults: Takes the sentences whose lines have another number of columns.

    Raises:
        UserError: A file that cannot be read as text.
    """
    number, seen = 0, _Seen()
    for sentence in _sentences(read_lines(path, reading.encoding)):
        seen.look_at(sentence)
        words = [(at, fields) for at, fields in sentence if not seen.is_comment(fields)]
        if not words:
            continue
        number += 1
        width = seen.width = seen.width or len(words[0][1])
        where = f"{path}, row {number} (line {words[0][0]})"
        odd = next(((at, fields) for at, fields in words if len(fields) != width), None)
        if odd:
            faults.add(
                f"{where}: line {odd[0]} has {len(odd[1])} columns ({' '.join(odd[1])[:40]!r}), "
                f"and the lines before have {width}; write as many on each."
            )
            continue
        yield Row(where, _name(words, width, reading.header))


@dataclass
class _Seen:
    """What the lines of a file were so far, by which a comment is told from the word `#`.

    Attributes:
        width: The columns of its first word; 0 before it.
        tags: What its last column held, no more than a thousand of them.
    """

    width: int = 0
    tags: set[str] = field(default_factory=set)

    def look_at(self, sentence: Lines) -> None:
        """Take the lines of a sentence into account that can be no comments."""
        words = [fields for _, fields in sentence if not fields[0].startswith("#")]
        if words:
            self.width = self.width or len(words[0])
        if len(self.tags) < _REMEMBERED:
            self.tags.update(fields[-1] for fields in words)

    def is_comment(self, fields: list[str]) -> bool:
        """Return whether a line is a comment, and not the word `#` or `#1` with its tags."""
        if not fields[0].startswith("#"):
            return False
        if "=" in fields[1:2] or len(fields) != (self.width or len(fields)):
            return True
        # The part of speech of # is # too, in the Penn Treebank.
        if self.width == 1 or _TAG.fullmatch(fields[-1]) or fields[-1] in self.tags | {"#"}:
            return False
        # Where tags have prefixes, any other end is that of a comment; names of types may be new.
        prefixed = any(tag != "O" and _TAG.fullmatch(tag) for tag in self.tags)
        return fields[0] == "#" or prefixed or not self.width


def _sentences(lines: Iterable[tuple[int, str]]) -> Iterator[Lines]:
    """Yield the lines between blank ones, or between documents."""
    sentence: Lines = []
    for number, line in lines:
        fields = split_line(line)
        if fields and fields[0] != DOCUMENT:
            sentence.append((number, fields))
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _name(words: Lines, width: int, header: tuple[str, ...]) -> dict[str, list[str]]:
    columns = [[fields[i] for _, fields in words] for i in range(width)]
    named = {name: column for name, column in zip(header, columns, strict=False) if name}
    numbered = {str(i): column for i, column in enumerate(columns, 1)}
    last = {TAGS: columns[-1]} if width > 1 else {}
    return {WORDS: columns[0], **last, **(named or numbered)}
