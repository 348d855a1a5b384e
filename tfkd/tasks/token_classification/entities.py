"""What token classification answers: the entities of a text, with the text marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from .tags import Chunk, find_spans, write_iob2


@dataclass(frozen=True)
class Entity:
    """A name or another phrase in a text. Two are equal if type and words are.

    Attributes:
        type: What it is, such as `PER`.
        start: Where it begins: a character of the text as it was given; of an example that was
            given as words, the first of them.
        end: One behind its end, in the same unit.
        text: What it says.
        score: The mean probability of the tags of its words.
        words: Its first word, and the one behind its last.
    """

    type: str
    start: int = field(compare=False)
    end: int = field(compare=False)
    text: str = field(compare=False)
    score: float = field(compare=False)
    words: tuple[int, int]

    def __str__(self) -> str:
        return f"[{self.type} {self.text or '{}:{}'.format(*self.words)}]"

    @property
    def span(self) -> Chunk:
        """Type and words."""
        return Chunk(self.type, *self.words)


@dataclass(frozen=True)
class Entities:
    """The entities of one example, in the order of its words.

    Attributes:
        entities: All of them.
        length: How many words the example has.
        probability: That all words have the tags that they got, if they were independent.
    """

    entities: tuple[Entity, ...] = ()
    length: int = 0
    probability: float = field(default=1.0, compare=False)

    @property
    def spans(self) -> list[Chunk]:
        """Type and words of each entity."""
        return [entity.span for entity in self.entities]

    @property
    def tags(self) -> list[str]:
        """The tag of each word, in IOB2."""
        return write_iob2(self.spans, self.length)

    def located(
        self, text: str, places: Sequence[tuple[int, int]], *, in_words: bool = False
    ) -> Entities:
        """Return the same entities with what they say, and where.

        Args:
            text: The text, or the words with blanks between them.
            places: Where each word begins and ends in it.
            in_words: Whether the example was given as words, so that places stay counted in them.
        """

        def locate(entity: Entity) -> Entity:
            first, end = entity.words
            begin, stop = places[first][0], places[end - 1][1]
            start = (first, end) if in_words else (begin, stop)
            return replace(entity, start=start[0], end=start[1], text=text[begin:stop])

        return replace(self, entities=tuple(map(locate, self.entities)))

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "entities": [
                {**asdict(entity), "words": list(entity.words)} for entity in self.entities
            ]
        }


def read_entities(tags: Sequence[str], likely: np.ndarray) -> Entities:
    """Return the entities that tags of words say, counted in words.

    Args:
        tags: In IOB2.
        likely: The probability of each.

    >>> read_entities(["B-PER", "O"], np.array([0.9, 0.8])).entities[0].score
    0.9
    """
    found = tuple(
        Entity(kind, start, end, "", float(np.mean(likely[start:end])), (start, end))
        for kind, start, end in find_spans(tags)
    )
    return Entities(found, len(tags), float(np.prod(likely)))


def mark(text: str, entities: Sequence[tuple[str, int, int]]) -> str:
    """Return a text with its entities in brackets.

    Args:
        text: The text.
        entities: Type, first character and the one behind the last, in the order of the text.

    >>> mark("Angela Merkel visited Rome.", [("PER", 0, 13), ("LOC", 22, 26)])
    '[PER Angela Merkel] visited [LOC Rome].'
    """
    parts, done = [], 0
    for kind, start, end in entities:
        parts += [text[done:start], f"[{kind} {text[start:end]}]"]
        done = end
    return "".join([*parts, text[done:]])
