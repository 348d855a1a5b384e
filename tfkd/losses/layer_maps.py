"""Which layer of the student learns from which layer of the teacher.

Layers are counted from 1. With S layers in the student and T in the teacher, layer m learns from

| map | of the teacher | source |
| --- | --- | --- |
| `uniform` | m · T / S, where S divides T | TinyBERT, arXiv:1909.10351 |
| `relative` | the nearest to m · T / S, for any S and T | the same, rounded |
| `skip` | m · T / S, the last one left out | PKD-Skip, arXiv:1908.09355 |
| `last` | T - S + m, the last one left out | PKD-Last, arXiv:1908.09355 |
| `final` | the last layer from the last, and no other | DistilBERT, MiniLM |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import UserError

NAMES = ("uniform", "relative", "skip", "last", "final")
Pairs = tuple[tuple[int, int], ...]


def as_pairs(layers: Any, whose: str) -> str | Pairs:
    """Return a map's name, or pairs as tuples (a config brings lists).

    Raises:
        UserError: It is neither.
    """
    if isinstance(layers, str) and layers in NAMES:
        return layers
    try:
        if isinstance(layers, str) or not layers:
            raise TypeError
        return tuple(
            (_whole_number(student), _whole_number(teacher)) for student, teacher in layers
        )
    except (TypeError, ValueError):
        raise UserError(
            f"{whose}(layers={layers!r}): write one of {', '.join(map(repr, NAMES))}, or pairs "
            "((student, teacher), ...), e.g. ((1, 2), (2, 4))."
        ) from None


def pairs_of(layers: str | Pairs, student: int, teacher: int, first: int = 0) -> Pairs:
    """Return pairs of places in the tuples of hidden states, embeddings or attentions.

    Args:
        layers: The name of a map, or pairs.
        student: The number of tensors in the student's tuple.
        teacher: The number of tensors in the teacher's tuple.
        first: The place of the first layer, 1 of hidden states, which the embeddings precede.

    Raises:
        UserError: Places that are not there, a map that does not fit these numbers.

    >>> pairs_of("uniform", 3, 6)
    ((0, 1), (1, 3), (2, 5))
    >>> pairs_of("skip", 4, 7, first=1)  # of hidden states, where 0 is the embeddings
    ((1, 2), (2, 4))
    """
    if not isinstance(layers, str):
        for pair in layers:
            _check_pair(pair, (student, teacher))
        return layers
    s, t = student - first, teacher - first
    pairs = tuple((m - 1 + first, n - 1 + first) for m, n in _layers_of_map(layers, s, t))
    if not pairs:
        raise UserError(
            f'the map "{layers}" leaves the last layer out, and the student has {s} and the '
            f'teacher {t}: write layers="final", or pairs.'
        )
    return pairs


def _layers_of_map(name: str, s: int, t: int) -> Sequence[tuple[int, int]]:
    if name == "final":
        return ((s, t),)
    if s > t or s < 1:
        raise UserError(
            f'the map "{name}" gives every layer of the student its own of the teacher, and they '
            f"have {s} and {t}: write pairs ((student, teacher), ...)."
        )
    if name == "last":
        return [(m, t - s + m) for m in range(1, s)]
    if name != "relative" and t % s:
        raise UserError(
            f'the map "{name}" takes every n-th layer, and {t} are no multiple of {s}: write '
            'layers="relative", or pairs ((student, teacher), ...).'
        )
    pairs = [(m, int(m * t / s + 0.5)) for m in range(1, s + 1)]
    return pairs[:-1] if name == "skip" else pairs


def format_layer_map(pairs: Pairs) -> str:
    """Format a map for a reader.

    >>> format_layer_map(((1, 2), (2, 4)))
    'student 1 from teacher 2, 2 from 4'
    """
    (s, t), *rest = pairs
    return ", ".join([f"student {s} from teacher {t}", *(f"{a} from {b}" for a, b in rest)])


def _whole_number(number: Any) -> int:
    if isinstance(number, bool) or int(number) != number:
        raise ValueError
    return int(number)


def _check_pair(pair: tuple[int, int], counts: tuple[int, int]) -> None:
    for whose, place, count in zip(("student", "teacher"), pair, counts, strict=True):
        if not -count <= place < count:
            raise UserError(
                f"the pair {pair} names place {place} of the {whose}, which has {count}: write "
                f"0 to {count - 1}, or -1 for the last."
            )
