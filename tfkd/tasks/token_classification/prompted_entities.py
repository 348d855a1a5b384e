"""The entities of a text, as a language model is asked for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example
from .._prompted import Prompted, Reading, ShownExample, object_of, read_text
from .entities import read_entities
from .tagged_rows import SPANS, TAGS, TEXT, TOKENS, text_and_places
from .tags import Chunk, find_spans, tags_of_types, write_iob2
from .written_tags import types_of


class PromptedEntities(Prompted):
    """A list of entities, each as it stands in the text, in the order of the text.

    They are located in the text by whole words. The second entity of the same letters is the second
    place where these stand, and so on. Of two that overlap, the longer one stays; of equally long
    ones, the first in the text.
    """

    wanted = (
        "Find all entities of the text, in the order of the text. Copy each letter by letter, and "
        "name one that comes again as often as it comes."
    )
    form = '{"entities": [{"text": "...", "type": "..."}]}'
    describes = "type"

    def names_of(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return the types of the tags of the data."""
        return tuple(types_of(labels))

    def labels_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the IOB2 tags of some types."""
        return tags_of_types(names)

    def show(self, example: Example) -> ShownExample:
        """Return the text, or the words with blanks between them."""
        text, _ = text_and_places(example)
        return ShownExample(f"Text: {text}", [text])

    def schema(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the schema of a list of texts with types."""
        kind = {"type": "string", "enum": list(names)}
        each = object_of(text={"type": "string"}, type=kind)
        return object_of(entities={"type": "array", "items": each})

    def read(self, found: Mapping[str, Any], example: Example, names: Sequence[str]) -> Reading:
        """Return an example with the tags of the entities that its text has.

        Raises:
            ValueError: No list.
        """
        named = found["entities"]
        if not isinstance(named, list):
            raise ValueError(f"its entities are {named!r:.40}")
        text, places = text_and_places(example)
        chunks, left_out = [], []
        seen: Counter[str] = Counter()
        for each in named:
            try:
                chunks.append(_locate(each, text, places, names=names, seen=seen))
            except ValueError as error:
                left_out.append(str(error))
        kept = keep_apart(chunks)
        left_out += [f"{_words(c, text, places)!r:.40} overlaps" for c in chunks if c not in kept]
        tags = tuple(write_iob2(kept, len(places)))
        labelled = Example({**example, TAGS: tags})
        answer = read_entities(tags, np.ones(len(tags)))
        return Reading(labelled, answer, len(named), tuple(left_out))

    def row(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return words with their tags, or a text with its spans."""
        if TOKENS in example:
            return {TOKENS: list(example[TOKENS]), TAGS: list(example[TAGS])}
        return {TEXT: example[TEXT], **self.label(example, names)}

    def label(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return the column of spans."""
        _, places = text_and_places(example)
        spans = [
            {"start": places[first][0], "end": places[end - 1][1], "label": kind}
            for kind, first, end in find_spans(example[TAGS])
        ]
        return {SPANS: spans}


def keep_apart(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return entities of which no two overlap: the longer one stays, then the first in the text.

    >>> keep_apart([Chunk("PER", 0, 1), Chunk("ORG", 0, 3), Chunk("LOC", 2, 4)])
    [Chunk(type='ORG', start=0, end=3)]
    """
    kept: list[Chunk] = []
    for chunk in sorted(chunks, key=lambda c: (c.start - c.end, c.start)):
        if all(chunk.end <= other.start or other.end <= chunk.start for other in kept):
            kept.append(chunk)
    return sorted(kept, key=lambda chunk: chunk.start)


def _locate(
    entity: Any,
    text: str,
    places: Sequence[tuple[int, int]],
    *,
    names: Sequence[str],
    seen: Counter[str],
) -> Chunk:
    """Return an entity counted in words: the next place where its letters stand.

    Raises:
        ValueError: It is none, of no known type, or not in the text as often.
    """
    if not isinstance(entity, dict) or not {"text", "type"} <= set(entity):
        raise ValueError(f"{entity!r:.40} is no entity")
    written, kind = read_text(entity["text"], "text"), entity["type"]
    if kind not in names:
        raise ValueError(f"{written!r:.40} is of the unknown type {kind!r:.20}")
    starts = {start: word for word, (start, _) in enumerate(places)}
    ends = {end: word + 1 for word, (_, end) in enumerate(places)}
    # Blanks of the text may be several, or line ends.
    letters = r"\s+".join(map(re.escape, written.split()))
    # Also those that begin inside of the one before.
    found = [(m.start(1), m.end(1)) for m in re.finditer(f"(?=({letters}))", text)]
    whole = [(starts[a], ends[b]) for a, b in found if a in starts and b in ends]
    seen[letters] += 1
    if seen[letters] > len(whole):
        often = f"only {len(whole)} times" if whole else "not"
        raise ValueError(f"{written!r:.40} is {often} among the words of the text")
    return Chunk(kind, *whole[seen[letters] - 1])


def _words(chunk: Chunk, text: str, places: Sequence[tuple[int, int]]) -> str:
    return text[places[chunk.start][0] : places[chunk.end - 1][1]]
