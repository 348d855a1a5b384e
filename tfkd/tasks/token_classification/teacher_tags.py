"""A teacher's tags beside those of the data: other names, another order, another scheme."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ...data import Example, Schema
from ...errors import UserError
from .._base import Task
from .._names import match_names
from ..text_classification.class_order import find_order
from .entities import Entities
from .tagged_rows import TAGS
from .tags import OUTSIDE, find_spans, split_tag
from .written_tags import types_of

PROBES = 200
"""Labelled texts on which a teacher's types are compared with those of the data."""
_FINER = {"B": "BUSW", "I": "ILEM"}
"""Which prefixes of BILOU and BIOES are those of IOB2."""


class TaskOfTags(Task):
    """A task whose teachers may have other names of tags, another order or a finer scheme."""

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return the teacher's tags in our order, or `None` where it has that order or no names.

        Raises:
            UserError: Its names are other tags than ours.
        """
        order = check_names(theirs.labels, ours.labels)
        return None if order == sorted(order or ()) else order

    def merge(self, theirs: Schema, ours: Schema) -> list[list[int]] | None:
        """Return which tags of a teacher of BILOU or BIOES together are each of ours.

        Raises:
            UserError: Tags of other types, or that do not say where an entity begins.
        """
        return merge_tags(theirs.labels, ours.labels)

    def countable(self, schema: Schema) -> tuple[str, ...]:
        """Return the types of entities."""
        return tuple(types_of(schema.labels))

    def counted(self, answer: Entities) -> tuple[str, ...]:
        """Return the types of which a text has an entity."""
        return tuple(sorted({entity.type for entity in answer.entities}))

    def examples_for_order(self, schema: Schema) -> int:
        """Return 200."""
        return PROBES

    def find_order(
        self, answers: Sequence[Entities], examples: Sequence[Example], schema: Schema
    ) -> list[int] | None:
        """Return the order of tags with which entities have the right types far more often."""
        return find_tag_order(answers, examples, schema.labels)


def merge_tags(theirs: Sequence[str], ours: Sequence[str]) -> list[list[int]] | None:
    """Return which tags of BILOU or BIOES together are each of IOB2; None for a teacher of IOB2.

    A word that is an entity by itself begins one, and its last word is inside of it.

    Args:
        theirs: The teacher's tags; none, or numbers, where it names none.
        ours: Those of the data, in IOB2.

    Raises:
        UserError: Tags that do not say where an entity begins, or of other types.

    >>> merge_tags(("O", "U-PER", "B-PER", "I-PER", "L-PER"), ("B-PER", "I-PER", "O"))
    [[1, 2], [3, 4], [0]]
    """
    if not _has_names(theirs):
        return None
    parts = [split_tag(tag) for tag in theirs]
    prefixes = {prefix for prefix, _ in parts} - {OUTSIDE}
    types = types_of(theirs)
    if not all(_begins(each, parts) for each in types):
        raise UserError(
            f"the teacher's tags ({_list(theirs)}) do not say of each type where an entity begins, "
            "as IO and IOB1 do not: take a teacher of IOB2, BILOU or BIOES, or train one on these "
            "data (tfkd teach)."
        )
    if prefixes <= set("BI"):
        return None
    own = types_of(ours)
    order = match_names(types, own)
    if order is None:
        raise _other_types(theirs, ours)
    their_type = {name: types[place] for name, place in zip(own, order, strict=True)}
    return [_group(tag, parts, their_type) for tag in ours]


def check_names(theirs: Sequence[str], ours: Sequence[str]) -> list[int] | None:
    """Return where each of our tags stands among the teacher's; None where it names none.

    Args:
        theirs: The teacher's tags, as many as ours.
        ours: Those of the data.

    Raises:
        UserError: Names that are other tags than ours.

    >>> check_names(("O", "I-person", "B-person"), ("B-PER", "I-PER", "O"))
    [2, 1, 0]
    """
    if not _has_names(theirs):
        return None
    order = match_names(theirs, ours)
    if order is None:
        raise _other_types(theirs, ours)
    return order


def find_tag_order(
    answers: Sequence[Entities], examples: Sequence[Example], labels: Sequence[str]
) -> list[int] | None:
    """Return the teacher's tags in the order that its answers suggest, None for the order it has.

    Entities that it finds where there are some tell which type it means.

    Args:
        answers: The teacher's answers.
        examples: Some with tags.
        labels: The tags in their order.
    """
    types = types_of(labels)
    places = {kind: place for place, kind in enumerate(types)}
    pairs = []
    for answer, example in zip(answers, examples, strict=True):
        if not example.get(TAGS):
            continue
        there = {(s.start, s.end): s.type for s in find_spans(example[TAGS])}
        found = {(s.start, s.end): s.type for s in answer.spans}
        pairs += [(places[found[each]], places[there[each]]) for each in found if each in there]
    if not pairs:
        return None
    predicted, truth = np.array(pairs).T
    order = find_order(predicted, truth, len(types))
    if order is None:
        return None
    theirs = {kind: types[place] for kind, place in zip(types, order, strict=True)}
    ids = {label: place for place, label in enumerate(labels)}
    return [
        ids[label if prefix == OUTSIDE else f"{prefix}-{theirs[kind]}"]
        for label in labels
        for prefix, kind in [split_tag(label)]
    ]


def _group(tag: str, parts: Sequence[tuple[str, str]], their_type: dict[str, str]) -> list[int]:
    prefix, kind = split_tag(tag)
    if prefix == OUTSIDE:
        return [place for place, (first, _) in enumerate(parts) if first == OUTSIDE]
    wanted = {(each, their_type[kind]) for each in _FINER[prefix]}
    return [place for place, part in enumerate(parts) if part in wanted]


def _begins(kind: str, parts: Sequence[tuple[str, str]]) -> bool:
    return any(part[1] == kind and part[0] in _FINER["B"] for part in parts)


def _has_names(tags: Sequence[str]) -> bool:
    return bool(tags) and not any(re.fullmatch(r"(label_)?\d+", tag.casefold()) for tag in tags)


def _other_types(theirs: Sequence[str], ours: Sequence[str]) -> UserError:
    return UserError(
        f"the teacher's tags are {_list(theirs)} and the data's {_list(ours)}: take a teacher that "
        "was trained for these types, or write the data's tags in the order of the teacher's "
        "outputs as --teacher-labels, if they mean the same."
    )


def _list(tags: Sequence[str]) -> str:
    shown = ", ".join(tags[:6])
    return f"{shown}, ..." if len(tags) > 6 else shown
