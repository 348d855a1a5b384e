"""How rows of a file become examples, and examples rows of arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from ..text import Encoder, NoTexts
from ..text.pair_encoding import IDS, SEGMENTS
from ..text.row_encoding import encode_rows
from .examples import IGNORE, Example, Schema

PAIR = "text_pair"
"""The role of the second text of a pair."""

Arrays = dict[str, Any]
"""One row without padding: lists of token ids, numbers, ... by name."""


@dataclass(frozen=True)
class Column:
    """A role that a column of a file plays, and what files usually call it.

    Attributes:
        default: Name of the column where the user gives none.
        required: Whether unlabelled rows need it too.
        kind: What is in it: `text` and `label` are checked by this package, all other kinds
            (`labels`, `number`, `words`, `tags`, `spans`, `image`, ...) by the task. `labels` may
            be several columns, and then is a dict of their values.
        also: Other names that files usually have for it.
        optional: Whether a file may do without it altogether. The role is then missing among the
            fields of its rows, and nothing else is taken for it.
    """

    default: str
    required: bool = True
    kind: str = "text"
    also: tuple[str, ...] = ()
    optional: bool = False


class ExampleReader:
    """Read rows with a text and one class label; tasks override what they read otherwise.

    `columns` are the roles of a row, `inputs` the names of the arrays that a student reads, and
    `fixed` those of arrays with as many numbers in each row, whatever its length. `pieces` are
    special pieces within its texts, which the tokenizer of a model gets that learns to read them.
    Where examples have labels of several kinds, `heads` are their names: rows have `labels.HEAD`
    for each. `keeps_rows_together` says that losses compare the rows of one example, so that all of
    them have to be in one batch.
    """

    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text"),
        "label": Column("label", required=False, kind="label"),
    }
    inputs: ClassVar[tuple[str, ...]] = (IDS,)
    fixed: ClassVar[tuple[str, ...]] = ()
    pieces: ClassVar[tuple[str, ...]] = ()
    things: ClassVar[str] = "texts"
    "What examples are called, in messages and titles."
    layouts: ClassVar[str] = ""
    "The files that `open_splits` knows, for messages."
    names_its_classes: ClassVar[bool] = False
    "Whether `label_keys` gives names of classes, and a list of names says what ids mean, no more."
    heads: tuple[str, ...] = ()
    keeps_rows_together: ClassVar[bool] = False

    def __init__(self, pair: bool = False) -> None:
        if pair:
            self.read_pairs()

    @property
    def reads_texts(self) -> bool:
        """Whether rows hold the ids of texts, and not an image, a sound or other numbers."""
        return IDS in self.inputs

    def own_encoder(self) -> NoTexts | None:
        """Return what stands for the tokenizer of models that read no texts; None of others."""
        return None if self.reads_texts else NoTexts(self.inputs)

    @property
    def reads_pairs(self) -> bool:
        """Whether examples are two texts, which models read in one row."""
        return PAIR in self.columns

    def read_pairs(self) -> None:
        """Read two texts from now on, `text` and `text_pair`, and give rows with segments."""
        columns: dict[str, Column] = {}
        for role, column in self.columns.items():
            columns[role] = column
            if role == "text":
                columns[PAIR] = Column(PAIR)
        # What all others of the class share is theirs.
        vars(self).update(columns=columns, inputs=(*self.inputs, SEGMENTS))

    def in_columns(
        self,
        fields: Mapping[str, Any],
        where: str,
        named: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        """Return a row as `columns` describe it, of one that is laid out otherwise.

        Args:
            fields: The row's values by column, as they stand in the file.
            where: File and row, for the error.
            named: The names of columns by role that the user gave.

        Raises:
            UserError: A value that cannot be read.
        """
        return fields

    def open_splits(self, path: Path) -> Mapping[str, Any] | None:
        """Return the splits of data that are no rows of a table; None where there are none.

        Each is a `tfkd.data.source.Source`. A file or a folder of one split is called `train`,
        whatever it will serve as.

        Args:
            path: A file or a folder.

        Raises:
            UserError: Such data, and damaged.
        """
        return None

    def fields_of(self, value: Any) -> Mapping[str, Any] | None:
        """Return the values by role of an example that is given as one plain value, or None.

        Args:
            value: Anything but a text of a task that reads texts, such as an array or a path.
        """
        return None

    def list_examples(self, path: str) -> Iterable[str]:
        """Return what `example` takes for each example of a file, of a reader that reads no texts.

        Args:
            path: A file of one example or of several.
        """
        return (path,)

    def columns_for(
        self, fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        """Return the columns that rows with these fields are read by, by role.

        A reader that takes one of several forms, such as a text or its words, chooses one here.

        Args:
            fields: The names of the fields that are there; none stands for a plain text.
            named: The roles whose columns the user named.
        """
        return self.columns

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Check one row and return it by role; labels stay as written, `None` where there is none.

        Args:
            fields: The row's values by role. Texts and labels are checked already.
            where: File and row, for the error.

        Raises:
            UserError: A value that cannot be read; names `where`.
        """
        return Example(fields)

    def is_whole(self, example: Example) -> bool:
        """Return whether an example whose text was changed word by word is one still.

        Args:
            example: An example without labels, as an augmentation made it.
        """
        return True

    def texts(self, example: Example) -> tuple[str, ...]:
        """Return the texts of an example, for the vocabulary, the split by hash and the report."""
        return tuple(example[role] for role, c in self.columns.items() if c.kind == "text")

    def learnt_texts(self, example: Example) -> tuple[str, ...]:
        """Return the texts of an example that a vocabulary is learnt from: by default all."""
        return self.texts(example)

    def split_key(self, example: Example) -> str:
        """Return what decides the split of an example: examples with the same one stay together."""
        return "\x1f".join(self.texts(example))

    def is_labelled(self, example: Example) -> bool:
        """Return whether an example has a label, as written or as an id."""
        return example.get("label") not in (None, IGNORE)

    def can_test(self, example: Example) -> bool:
        """Return whether models can be measured on an example: by default one with a label."""
        return self.is_labelled(example)

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return the class names, as written, of an example; empty where it has none."""
        label = example.get("label")
        return () if label is None else (label,)

    def other_kind(self, fields: Mapping[str, Any]) -> str:
        """Return what a row of a file without the columns looks like, or nothing.

        Args:
            fields: The row's values by column.
        """
        return ""

    def with_names(self, names: Callable[[], tuple[str, ...]]) -> ExampleReader:
        """Return the reader for data whose class names are listed somewhere.

        Args:
            names: Returns the class names by id; empty where none are listed.
        """
        return self

    def adapted(self, examples: Iterable[Example]) -> ExampleReader:
        """Return the reader for a file, after a look at its examples if it needs one.

        Args:
            examples: Those of the training split, as `example` gave them.
        """
        return self

    def check_labels(self, first_seen: Mapping[str, str]) -> None:
        """Refuse class names, found in the data, that are none to this reader.

        Args:
            first_seen: All labels of the training split, each with the first row that has it.

        Raises:
            UserError: They are something else, such as several labels in one.
        """

    def check_split(self, examples: Iterable[Example], origin: str) -> None:
        """Refuse a validation or test split on which models cannot be measured.

        Args:
            examples: Those of the split that `can_test` takes; only a reader that needs them reads
                them.
            origin: What the split is called in an error.

        Raises:
            UserError: Part of what is measured has no label there.
        """

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return what the training split fixes, given the class names found in it."""
        return Schema(labels)

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with what the training examples say, such as the mean of a number.

        Args:
            schema: What `schema` returned.
            train: The training examples; only a reader that needs them reads them.
        """
        return schema

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example with class ids in place of class names, -100 where it has none."""
        label = example.get("label")
        return Example({**example, "label": IGNORE if label is None else ids[label]})

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return the rows of each example, without padding; `labels` among them where known.

        Args:
            examples: Examples with class ids, or without labels.
            encoder: The tokenizer of the model that will read the rows.
            schema: What the training split fixed.

        Returns:
            For each example a list of rows, at least one; all rows have the same names. By
            default one row: what `tokens` gives, and the class id or -100.
        """
        return [
            [{**row, "labels": example.get("label", IGNORE)}]
            for row, example in zip(self.tokens(examples, encoder), examples, strict=True)
        ]

    def tokens(self, examples: Sequence[Example], encoder: Encoder) -> list[Arrays]:
        """Return the token ids of each example's text; of a pair those of both, with segments.

        Args:
            examples: Any examples.
            encoder: The tokenizer of the model that will read them.
        """
        return encode_rows(encoder, [self.read_together(example)[0] for example in examples])

    def read_together(self, example: Example) -> tuple[Any, ...]:
        """Return the texts of an example as a model reads them: each alone, or both as one pair."""
        texts = self.texts(example)
        return (texts,) if self.reads_pairs else texts
