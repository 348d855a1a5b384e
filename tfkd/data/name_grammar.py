"""A grammar of sentences with names: people, places and organisations, for trying things out.

Every text and name is made up here. Names are drawn from two parts, so that those of one split
mostly do not occur in another; words such as `May` or `Paris` are names in some sentences only.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .grammar import choose

FIRST = (
    "Anna", "Bruno", "Clara", "Dario", "Elsa", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karla",
    "Liam", "Mina", "Nadia", "Omar", "Petra", "Ravi", "Sofia", "Tariq", "Wanda", "May", "Paris",
)  # fmt: skip
LAST = (
    "Adler", "Bianchi", "Castro", "Dahl", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanov",
    "Jansen", "Kowalski", "Lindberg", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi",
    "Silva", "Tanaka", "Young", "Hill",
)  # fmt: skip
PLACES = (
    "Lisbon", "Oslo", "Paris", "Cairo", "Lima", "Kyoto", "Riga", "Tunis", "Porto", "Ghent",
    "New Delhi", "San Marino", "Cape Town", "Hill Valley", "Young Harbour", "Lake Como",
)  # fmt: skip
STEMS = ("North", "Delta", "Union", "Lisbon", "Adler", "Orion", "Garcia", "Blue", "May", "Kyoto")
KINDS = ("Bank", "Motors", "Airlines", "Press", "University", "Institute", "& Sons", "Foods")
ROLES = ("minister", "singer", "coach", "engineer", "young doctor", "teacher", "lawyer")
DAYS = ("Monday", "Tuesday", "Friday", "Sunday", "early May", "the next day")
# `PER`, `LOC` and `ORG` stand for names, all other words for themselves.
SENTENCES = (
    "PER visited LOC on {day} .",
    "PER , a {role} from LOC , now works for ORG .",
    "ORG opened an office in LOC , said PER .",
    "the {role} PER left ORG in {day} .",
    "LOC is far from LOC , and PER never went there .",
    "shares of ORG fell after ORG spoke of losses in LOC .",
    "it may rain in LOC on {day} .",
    "nobody at ORG knew the {role} .",
    "we climbed a hill near LOC with PER and PER .",
    "the meeting between PER and ORG takes place on {day} .",
    "the {role} said that it was too late .",
    "ORG and PER met in LOC ( near LOC ) .",
)
Tagged = tuple[list[str], list[str]]
"""The words of a sentence, and their tags in IOB2."""


def compose_names(random: Random) -> Tagged:
    """Write one sentence: its words, and their tags in IOB2. Uses `random.random` only.

    >>> words, tags = compose_names(Random(3))
    >>> len(words) == len(tags), {tag[2:] for tag in tags} <= {"", "PER", "LOC", "ORG"}
    (True, True)
    """
    pattern = choose(random, SENTENCES)
    pattern = pattern.format(day=choose(random, DAYS), role=choose(random, ROLES))
    words: list[str] = []
    tags: list[str] = []
    for word in pattern.split():
        name = _name(random, word).split() if word in ("PER", "LOC", "ORG") else []
        words += name or [word]
        tags += [f"{'I' if i else 'B'}-{word}" for i in range(len(name))] or ["O"]
    if random.random() < 0.8:
        words[0] = words[0][0].upper() + words[0][1:]
    return words, tags


def _name(random: Random, kind: str) -> str:
    if kind == "LOC":
        return choose(random, PLACES)
    if kind == "ORG":
        return f"{choose(random, STEMS)} {choose(random, KINDS)}"
    last = choose(random, LAST)
    return last if random.random() < 0.2 else f"{choose(random, FIRST)} {last}"


def compose_many(count: int, seed: int = 0) -> Iterator[Tagged]:
    """Yield sentences, the same ones for the same seed.

    Args:
        count: How many.
        seed: Of the drawing.
    """
    for i in range(count):
        yield compose_names(Random(f"{seed}/{i}/names"))
