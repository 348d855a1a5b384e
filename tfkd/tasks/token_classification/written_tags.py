"""Tags as files write them: names of a scheme, or ids of such names; read as IOB2."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from ...errors import UserError
from .tags import (
    OUTSIDE,
    PLAIN,
    SCHEMES,
    find_scheme,
    find_spans,
    has_prefix,
    split_tag,
    write_iob2,
)


def types_of(tags: Iterable[str]) -> list[str]:
    """Return the types of IOB2 tags, sorted.

    >>> types_of(["O", "B-PER", "I-PER", "B-LOC"])
    ['LOC', 'PER']
    """
    return sorted({split_tag(tag)[1] for tag in tags} - {""})


def check_scheme(scheme: Any) -> None:
    """Refuse the name of a scheme that is none.

    Raises:
        UserError: It is neither one nor empty.
    """
    if scheme not in ("", *SCHEMES):
        raise UserError(
            f"the setting scheme is {scheme!r}: write one of {', '.join(SCHEMES)}, or leave it out."
        )


def check_ids(tags: Iterable[str]) -> bool:
    """Return whether all tags are ids: whole numbers.

    Raises:
        UserError: Some are, and others are names.

    >>> check_ids(["0", "3"]), check_ids(["O", "B-PER"])
    (True, False)
    """
    different = set(tags)
    ids = {tag for tag in different if tag.isdecimal()}
    if ids and ids != different:
        raise UserError(
            f"the tags are ids, such as {min(ids)}, and names, such as {min(different - ids)!r}: "
            "write one or the other."
        )
    return bool(ids)


def look_at_tags(sentences: Iterable[Sequence[str]], scheme: str = "") -> tuple[set[str], str]:
    """Return all different tags, and their scheme where none is given; reads sentences one by one.

    Args:
        sentences: The tags of each, as written.
        scheme: That of the settings; empty to find it out.

    >>> look_at_tags([["I-PER", "O"]])[1]
    'IOB1'
    """
    different: set[str] = set()

    def written() -> Iterator[Sequence[str]]:
        for tags in sentences:
            different.update(tags)
            yield tags

    if not scheme:
        return different, find_scheme(written())
    for _ in written():
        pass
    return different, scheme


def types_like_prefixes(tags: Iterable[str], scheme: str) -> frozenset[str]:
    """Return the names of types that look like tags with prefixes, such as `B-cell`.

    Args:
        tags: All different tags of the training split.
        scheme: Its scheme. Where every tag has a prefix, `IO` is hardly right.

    >>> types_like_prefixes(["O", "B-cell", "tissue"], "IO")
    frozenset({'B-cell'})
    """
    entities = {tag for tag in tags if tag != OUTSIDE}
    prefixed = frozenset(filter(has_prefix, entities))
    return prefixed if scheme == PLAIN and prefixed != entities else frozenset()


def as_iob2(
    tags: Sequence[str],
    scheme: str,
    names: Sequence[str],
    like_prefixes: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the tags of a sentence in IOB2.

    Args:
        tags: As written: names, or ids.
        scheme: That of the training split; empty where it is not known.
        names: The names of ids; empty where tags are names.
        like_prefixes: From `types_like_prefixes`.

    Raises:
        UserError: An id without a name, or a tag of another scheme.

    >>> as_iob2(("I-PER", "O"), "IOB1", ()), as_iob2(("1", "1"), "IO", ("O", "PER"))
    (('B-PER', 'O'), ('B-PER', 'I-PER'))
    """
    named = [_name_of(tag, names) if tag.isdecimal() else tag for tag in tags]
    plain = scheme == PLAIN
    entities = [tag for tag in named if tag != OUTSIDE]
    odd = next((tag for tag in entities if not plain and not has_prefix(tag)), None)
    if odd is None and plain and all(map(has_prefix, entities)):
        odd = next((tag for tag in entities if tag not in like_prefixes), None)
    if odd is not None:
        raise UserError(
            f"the tag {odd!r} is of another scheme than those of the training split, "
            f"{scheme or 'IOB2'}: write all in the same of {', '.join(SCHEMES)}."
        )
    return tuple(write_iob2(find_spans(named, plain), len(named)))


def _name_of(tag: str, names: Sequence[str]) -> str:
    if not names:
        raise UserError(
            f"the tags are ids, such as {tag}, and nothing says what they mean: give their names "
            "by id in a file, one a line, with --labels, or as labels.json next to the data."
        )
    if int(tag) >= len(names):
        raise UserError(
            f"the tag {tag} has no name: there are {len(names)}, for the ids 0 to {len(names) - 1}."
        )
    return names[int(tag)]
