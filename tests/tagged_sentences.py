"""Made-up sentences with a tag for each word, some of them longer than a window of a model."""

import json
import random
from pathlib import Path

PEOPLE, PLACES = ("Anna", "Boris", "Clara", "Emil"), ("Bonn", "Oslo", "Riga", "Turin")
OTHERS = tuple("abcdefghijklmnopqrst")
LENGTHS = (4, 6, 9, 12, 30, 45)


def write_sentences(path: Path, count: int = 90, seed: int = 0, lengths=LENGTHS) -> Path:
    """Write sentences as JSON lines with `tokens` and `tags`."""
    draw = random.Random(seed)
    path.write_text("".join(json.dumps(_sentence(draw, lengths)) + "\n" for _ in range(count)))
    return path


def _sentence(draw: random.Random, lengths) -> dict[str, list[str]]:
    tokens, tags = [], []
    for _ in range(draw.choice(lengths)):
        words, tag = draw.choices(
            ((PEOPLE, "B-PER"), (PLACES, "B-LOC"), (OTHERS, "O")), weights=(1, 1, 5)
        )[0]
        # Names are rare words: each has a number of its own.
        number = str(draw.randrange(9)) if tag == "B-PER" else ""
        tokens.append(draw.choice(words) + number)
        tags.append(tag)
    return {"tokens": tokens, "tags": tags}
