"""Tags of words: which scheme they are written in, and the same entities as IOB2.

All schemes with prefixes are read by one rule, that of the conlleval script: an entity begins at
`B`, `S` or `U`, behind an `E`, `L`, `S` or `U`, after `O`, and where the type changes. So what a
sentence means does not depend on the scheme that is guessed for its file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ...errors import UserError

OUTSIDE, PLAIN = "O", "IO"
SCHEMES = ("IOB1", "IOB2", "BILOU", "BIOES", PLAIN)
_PREFIXED = re.compile(r"([BIELMSUW])-(\S.*)", re.DOTALL)
_BEFORE, _BEHIND = re.compile(r"([BIbi])[-_.:/|](.+)"), re.compile(r"(.+)[-_.:/|]([BIbi])")
"""How others write prefixes."""
_BEGINS, _ENDS = frozenset("BSUW"), frozenset("ELSUW")


class Chunk(NamedTuple):
    """An entity by its type, its first word and the one behind its last."""

    type: str
    start: int
    end: int


def split_tag(tag: str, plain: bool = False) -> tuple[str, str]:
    """Return prefix and type of a tag.

    Args:
        tag: As it is written.
        plain: Whether tags are names of types without prefixes.

    >>> split_tag("B-PER"), split_tag("O"), split_tag("PER", plain=True)
    (('B', 'PER'), ('O', ''), ('I', 'PER'))
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    found = None if plain else _PREFIXED.fullmatch(tag)
    return (found[1], found[2]) if found else ("I", tag)


def has_prefix(tag: str) -> bool:
    """Return whether a tag begins with the letter of a scheme.

    >>> has_prefix("B-PER"), has_prefix("PER")
    (True, False)
    """
    return _PREFIXED.fullmatch(tag) is not None


def find_spans(tags: Sequence[str], plain: bool = False) -> list[Chunk]:
    """Return the entities of a sentence, as conlleval reads its tags.

    Args:
        tags: Of any scheme.
        plain: Whether they are names of types without prefixes.

    >>> find_spans(["I-PER", "I-PER", "B-PER", "O", "I-LOC"])
    [Chunk(type='PER', start=0, end=2), Chunk(type='PER', start=2, end=3), \
Chunk(type='LOC', start=4, end=5)]
    """
    spans: list[Chunk] = []
    before = (OUTSIDE, "")
    start = 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        prefix, kind = split_tag(tag, plain)
        is_new = prefix in _BEGINS or before[0] in _ENDS or kind != before[1]
        if before[0] != OUTSIDE and is_new:
            spans.append(Chunk(before[1], start, place))
        if prefix != OUTSIDE and (is_new or before[0] == OUTSIDE):
            start = place
        before = (prefix, kind)
    return spans


def write_iob2(spans: Iterable[Chunk], words: int) -> list[str]:
    """Return the tags of so many words in IOB2.

    >>> write_iob2([Chunk("PER", 1, 3)], 4)
    ['O', 'B-PER', 'I-PER', 'O']
    """
    tags = [OUTSIDE] * words
    for kind, start, end in spans:
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tags


def tags_of_types(types: Iterable[str]) -> tuple[str, ...]:
    """Return all IOB2 tags of some types, `O` among them.

    >>> tags_of_types(["PER"])
    ('O', 'B-PER', 'I-PER')
    """
    return (OUTSIDE, *(f"{prefix}-{kind}" for kind in types for prefix in "BI"))


def check_tag(where: str, place: int, tag: Any) -> str:
    """Return a tag as a string, if it can be one.

    Args:
        where: File and row, for the error.
        place: Which word it is of, from 0.
        tag: As the file has it; a whole number is an id.

    Raises:
        UserError: It is nothing, or neither a name nor an id.

    >>> check_tag("", 0, "B-PER"), check_tag("", 0, 3)
    ('B-PER', '3')
    """
    if isinstance(tag, int) and not isinstance(tag, bool) and tag >= 0:
        return str(tag)
    if not isinstance(tag, str) or not tag.strip() or len(tag.splitlines()) > 1:
        raise UserError(
            f"{where}: tag {place + 1} is {tag!r:.40}; expected a name such as B-PER, O, or the id "
            "of one."
        )
    tag = tag.strip()
    if re.fullmatch(r"[BIELMSUW]-", tag):
        raise UserError(
            f"{where}: tag {place + 1} is {tag!r}, without a type; write {tag}PER, say."
        )
    return tag


def find_scheme(sentences: Iterable[Sequence[str]]) -> str:
    """Return the scheme of tags: `IOB1`, `IOB2`, `BILOU`, `BIOES`, or `IO` for names of types.

    Args:
        sentences: The tags of each.

    Raises:
        UserError: Tags with prefixes and tags without, or with prefixes that are written otherwise.

    >>> find_scheme([["O", "I-PER", "B-PER"]]), find_scheme([["PER", "O"]])
    ('IOB1', 'IO')
    >>> find_scheme([["B-PER", "L-PER", "U-LOC"]])
    'BILOU'
    """
    first: dict[bool, tuple[int, str]] = {}
    begun, letters, plain = Counter[str](), set[str](), set[str]()
    for number, tags in enumerate(sentences, 1):
        before = (OUTSIDE, "")
        for tag in tags:
            prefix, kind = split_tag(tag)
            if prefix != OUTSIDE:
                prefixed = has_prefix(tag)
                first.setdefault(prefixed, (number, tag))
                (letters if prefixed else plain).add(prefix if prefixed else tag)
                if prefix in "BI" and before[1] != kind:
                    begun[prefix] += 1
            before = (prefix, kind)
    if len(first) == 2:
        (one, without), (other, with_one) = first[False], first[True]
        raise UserError(
            f"the tag {without!r} (labelled sentence {one} of the training split) has no prefix, "
            f"and {with_one!r} (sentence {other}) has one: write all tags with a prefix, or none; "
            "where both are names of types, --task-set scheme=IO."
        )
    if not letters:
        _refuse_other_prefixes(plain)
        return PLAIN if first else "IOB2"
    if letters & set("LU"):
        return "BILOU"
    if letters & set("ESWM"):
        return "BIOES"
    return "IOB1" if begun["I"] > begun["B"] else "IOB2"


def _refuse_other_prefixes(tags: Iterable[str]) -> None:
    """Refuse tags of a scheme that are no names of types: `B_PER` beside `I_PER`, `b-PER`, `o`.

    Raises:
        UserError: There are some.
    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for tag in sorted(tags):
        for pattern, kind, letter in ((_BEFORE, 2, 1), (_BEHIND, 1, 2)):
            parts = pattern.fullmatch(tag)
            if parts:
                found.setdefault((parts[kind], pattern.pattern), {})[parts[letter].upper()] = tag
    both = next((of_kind for of_kind in found.values() if {"B", "I"} <= of_kind.keys()), None)
    if both or "o" in tags:
        shown = f"{both['B']!r} beside {both['I']!r}" if both else "'o'"
        wanted = "B-PER and I-PER" if both else "O"
        raise UserError(
            f"the tag {shown} is of no known scheme: write {wanted}; where it is the name of a "
            "type, --task-set scheme=IO."
        )
