"""What several tasks read of the rows of a file: the texts once, and what each head learns."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...data import Column, Example, Schema
from ...data.label_heads import labels_of_head, name_label
from ...errors import UserError
from .._base import Arrays, Task
from .head_scores import name_measures
from .heads import (
    LABELS,
    OWN,
    Head,
    choose_reader,
    flatten_schema,
    join_columns,
    own_roles,
    read_heads,
)
from .joint_rows import join_rows, with_text

if TYPE_CHECKING:
    from ...text import Encoder

HEADS, PAIR = "heads", "pair"
NO_NAMES: Mapping[str, str] = MappingProxyType({})


class JointData(Task):
    """Several tasks whose heads read the same texts, as far as data go.

    Args:
        settings: `heads` as `read_heads` takes them, and the settings of all heads.

    Raises:
        UserError: Heads or settings that cannot be.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        given = dict(settings or {})
        task = str(given.pop(HEADS, ""))
        if not given.get(PAIR):
            # A task that reads no pairs has no such setting.
            given.pop(PAIR, None)
        self.parts = read_heads(task, given)
        self.name, self.heads = task, tuple(head.name for head in self.parts)
        # What all others of the class share is theirs.
        vars(self).update(
            defaults=_defaults(task, self.parts),
            measures=name_measures(self.parts),
            outputs=tuple(n for head in self.parts for n in map(head.inside, head.task.outputs)),
            tunes=any(head.task.tunes for head in self.parts),
            students=_students(self.parts),
        )
        self.settings = {HEADS: task, PAIR: self.parts[0].task.reads_pairs}
        for head in self.parts:
            own = {**{name: getattr(head, name) for name in OWN}, **head.task.settings}
            self.settings |= {head.inside(name): value for name, value in own.items()}
        of_texts = {head.name: head.task.columns_for() for head in self.parts}
        self.reader = choose_reader(self.parts, of_texts)
        vars(self).update(
            columns=join_columns(
                self.parts, self.reader, {head.name: head.task.columns for head in self.parts}
            ),
            inputs=self.reader.task.inputs,
            features=self.reader.task.features,
            pieces=self.reader.task.pieces,
            perturbable=all(head.task.perturbable for head in self.parts),
            fixed=tuple(
                f"{LABELS}.{head.name}" for head in self.parts if LABELS in head.task.fixed
            ),
        )

    def of_head(self, head: str, schema: Schema) -> tuple[Task, Schema]:
        """Return the task of a head, and what the training split fixed for it."""
        part = self.part(head)
        return part.task, part.schema(schema)

    def form_of(self, output: str) -> str:
        """Return what the logits of an output are."""
        head, _, name = output.partition(".")
        return self.part(head).task.form_of(name)

    def part(self, name: str) -> Head:
        """Return a head by its name."""
        return next(head for head in self.parts if head.name == name)

    # -- data ------------------------------------------------------------------------------

    def columns_for(
        self, fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        """Return the columns of all heads for rows with these fields."""
        columns = {
            head.name: head.task.columns_for(fields, own_roles(head, named)) for head in self.parts
        }
        return join_columns(self.parts, choose_reader(self.parts, columns), columns)

    def in_columns(
        self, fields: Mapping[str, Any], where: str, named: Mapping[str, str] = NO_NAMES
    ) -> Mapping[str, Any]:
        """Return a row as the task that reads the texts lays it out.

        Raises:
            UserError: A value that cannot be read.
        """
        return self.reader.task.in_columns(fields, where, own_roles(self.reader, named))

    def other_kind(self, fields: Mapping[str, Any]) -> str:
        """Return what a row looks like that the task which reads the texts does not read."""
        return self.reader.task.other_kind(fields)

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a row with what each head learns of it, as `HEAD.ROLE`.

        Raises:
            UserError: What one of the tasks says of the row.
        """
        first = self.reader.task.example(self.reader.example(fields), where)
        joined = {role: value for role, value in first.items() if _is_shared(role, fields)}
        for head in self.parts:
            read = first
            if head is not self.reader:
                read = head.task.example(with_text(head, self.reader, Example(fields)), where)
            learnt = {head.inside(r): v for r, v in read.items() if not _is_shared(r, fields)}
            joined |= learnt
        return Example(joined)

    def texts(self, example: Example) -> tuple[str, ...]:
        """Return the texts of an example."""
        return self.reader.task.texts(self.reader.example(example))

    def is_labelled(self, example: Example) -> bool:
        """Return whether one of the heads has a label."""
        return any(head.task.is_labelled(head.example(example)) for head in self.parts)

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return the class names of all heads, each with the name of its head."""
        return tuple(
            name_label(head.name, key)
            for head in self.parts
            for key in head.task.label_keys(head.example(example))
        )

    def adapted(self, examples: Iterable[Example]) -> JointData:
        """Return the task whose heads have looked at the examples of a file."""
        copies = itertools.tee(examples, len(self.parts))
        reader = copy.copy(self)
        reader.parts = tuple(
            head.adapted(head.example(example) for example in own)
            for head, own in zip(self.parts, copies, strict=True)
        )
        reader.reader = reader.part(self.reader.name)
        return reader

    def check_labels(self, first_seen: Mapping[str, str]) -> None:
        """Refuse class names that are none to their head, and heads without any.

        Raises:
            UserError: There are some.
        """
        for head in self.parts:
            own = labels_of_head(head.name, first_seen)
            if not own and head.has_classes:
                raise UserError(
                    f"no row has a label of the head {head.name}: name its column with --column "
                    f"{head.name}.ROLE=NAME, or leave the head out."
                )
            head.task.check_labels(own)

    def check_split(self, examples: Iterable[Example], origin: str) -> None:
        """Refuse a split without any label of one of the heads, which could not be scored.

        Raises:
            UserError: A head has none.
        """
        unknown, there = list(self.parts), False
        for example in examples:
            there = True
            unknown = [h for h in unknown if not h.task.is_labelled(h.example(example))]
            if not unknown:
                return
        if there:
            raise UserError(
                f"none of {origin} has a label of the head {unknown[0].name}, whose scores need "
                "some: add rows that have one, give other files with --validation and --test, or "
                "leave the head out."
            )

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the class names and settings of all heads, given those found in the data."""
        settings = dict(self.settings)
        for head in self.parts:
            own = tuple(labels_of_head(head.name, dict.fromkeys(labels)))
            schema = head.task.schema(own or tuple(each for each in labels if "=" not in each))
            settings |= flatten_schema(head, schema)
        return Schema((), settings)

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with what the training examples say to each head."""
        settings = dict(schema.settings)
        copies = itertools.tee(train, len(self.parts))
        for head, own in zip(self.parts, copies, strict=True):
            examples = (head.example(example) for example in own)
            settings |= flatten_schema(
                head, head.task.complete_schema(head.schema(schema), examples)
            )
        return Schema((), settings)

    def describe_schema(self, schema: Schema) -> str:
        """Return what the training split fixed for each head."""
        return "; ".join(
            f"{head.name}: {head.task.describe_schema(head.schema(schema))}" for head in self.parts
        )

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example with the class ids of each head."""
        joined = dict(example)
        for head in self.parts:
            own = head.task.with_ids(head.example(example), labels_of_head(head.name, ids))
            joined |= {head.inside(r): v for r, v in own.items() if not _is_shared(r, example)}
        return Example(joined)

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return the rows of the task that reads the texts, with `labels.HEAD` of each head."""
        return join_rows(self.parts, self.reader, examples, encoder, schema)


def _defaults(task: str, heads: Sequence[Head]) -> dict[str, Any]:
    of_heads = {
        head.inside(name): value
        for head in heads
        for name, value in {**OWN, **head.task.defaults}.items()
    }
    return {HEADS: task, PAIR: False, **of_heads}


def _students(heads: Sequence[Head]) -> tuple[str, ...]:
    """Return the students that suit the tasks of all heads; empty for all."""
    lists = [head.task.students for head in heads if head.task.students]
    return tuple(name for name in lists[0] if all(name in each for each in lists)) if lists else ()


def _is_shared(role: str, fields: Mapping[str, Any]) -> bool:
    """Return whether a role is a text that all heads read, and nothing that one of them learns."""
    return role == "text" or role in fields
