"""The grammar of `sample`: words, phrases and reviews.

A review is a verdict ("I went for the music, and I found it far from dull."), perhaps an aside
("The critics came for the plot, and they found it superb."), in any order, perhaps with a sentence
that says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

GOOD = (
    "superb", "brilliant", "wonderful", "moving", "charming", "gripping", "fresh", "clever",
    "delightful", "elegant", "tender", "witty", "powerful", "lovely", "excellent", "thrilling",
    "inventive", "graceful", "honest", "vivid",
)  # fmt: skip
BAD = (
    "dull", "awful", "clumsy", "tedious", "weak", "stale", "boring", "dreadful", "shallow",
    "lifeless", "silly", "messy", "terrible", "flat", "tiresome", "hollow", "sloppy", "wooden",
    "bland", "feeble",
)  # fmt: skip
THINGS = (
    "music", "plot", "acting", "dialogue", "ending", "photography", "humour", "romance", "suspense",
    "scenery", "script", "soundtrack", "cast", "story", "editing",
)  # fmt: skip
VERY = ("very", "really", "truly", "quite", "so")
NOT = ("not", "never", "hardly", "far from", "anything but", "by no means")
# Who speaks, and the pronoun for them.
WE = (("I", "I"), ("We", "we"), ("My wife and I", "we"))
THEY = (
    ("My brother", "he"), ("My sister", "she"), ("The critics", "they"), ("Our neighbours", "they"),
    ("Some people", "they"), ("My old teacher", "she"), ("The others", "they"), ("My uncle", "he"),
)  # fmt: skip
FOR = ("went for", "came for", "wanted", "had hoped for", "paid for")
FILLERS = (
    "The cinema was full.",
    "I saw it on a Sunday evening.",
    "It runs for about two hours.",
    "The director has made three films before.",
    "We sat in the second row.",
    "It is set in a small town by the sea.",
    "It was raining when we came out.",
    "A family moves to the city and meets an old man.",
    "This is the second part of the series.",
    "I had read the book last summer.",
    "There is a dog in it.",
    "The tickets cost ten dollars.",
    "A train leaves at midnight and nobody knows why.",
    "My seat was near the door.",
    "The film opens with a wedding and closes with a funeral.",
    "Two soldiers cross the desert in winter.",
    "A young woman finds a letter under the floor.",
    "It was made in black and white.",
)
# Shares of reviews with an aside, of qualities by negation, of clauses with a contrast.
ASIDES, NEGATED, CONTRASTS = 0.6, 0.15, 0.2
T = TypeVar("T")


def compose(random: Random, label: int) -> str:
    """Write one review; `label` 1 is positive, 0 negative. Uses `random.random` only."""
    good = bool(label)
    things = shuffled(random, THINGS)
    parts = [opinion(random, choose(random, WE), things[0], good)]
    if random.random() < ASIDES:
        # Praise and blame of other things are evenly spread.
        parts.append(opinion(random, choose(random, THEY), things[1], random.random() < 0.5))
    else:
        parts += shuffled(random, FILLERS)[: 1 + int(random.random() * 2)]
    return finish(random, shuffled(random, parts))


def choose(random: Random, items: Sequence[T]) -> T:
    """Choose an item by `random.random`, whose numbers Python promises to keep."""
    return items[int(random.random() * len(items))]


def shuffled(random: Random, items: Sequence[str]) -> list[str]:
    """Return the items in a random order."""
    return [item for _, item in sorted((random.random(), item) for item in items)]


def opinion(random: Random, who: tuple[str, str], thing: str, good: bool) -> str:
    """Write a sentence in which somebody judges a thing.

    Args:
        random: Draws the words.
        who: Who speaks, and the pronoun for them.
        thing: What is judged.
        good: Whether the judgement is positive.
    """
    subject, pronoun = who
    return f"{subject} {choose(random, FOR)} the {thing}, and {judge(random, pronoun, good)}."


def judge(random: Random, who: str, good: bool) -> str:
    """Write a clause that says "it was good" or "it was bad", plainly or with a contrast."""
    kind, last = random.random(), quality(random, good)
    if kind >= CONTRASTS:
        return f"{who} found it {last}"
    first = choose(random, BAD if good else GOOD)
    if kind < CONTRASTS / 3:
        return f"although it began {first}, {who} found it {last}"
    if kind < CONTRASTS * 2 / 3:
        return f"it looked {first} but {who} found it {last}"
    return f"despite {article(first)} start {who} found it {last}"


def quality(random: Random, good: bool) -> str:
    """Choose an adjective of that meaning, or the negation of its opposite."""
    strong = f"{choose(random, VERY)} " if random.random() < 0.2 else ""
    if random.random() >= NEGATED:
        return strong + choose(random, GOOD if good else BAD)
    return f"{choose(random, NOT)} {strong}{choose(random, BAD if good else GOOD)}"


def article(word: str) -> str:
    """Put "a" or "an" before the word."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def finish(random: Random, parts: list[str]) -> str:
    """Join sentences, now and then with a line break or in capitals."""
    case = random.random()
    if case < 0.03:
        return " ".join(parts).upper()
    if case < 0.13:
        return " ".join(parts).lower()
    return ("<br /><br />" if case < 0.23 else " ").join(parts)
