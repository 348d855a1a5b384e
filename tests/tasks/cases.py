"""A few labelled rows, as files give them, for each task of the battery."""

from __future__ import annotations

import itertools
import math

import numpy as np

from tests.tasks.toy import Parity
from tests.tasks.toy_words import Capitals
from tfkd.tasks import EMBEDDING, Task, find, import_path
from tfkd.tasks.recommendation.item_rows import CANDIDATE

TOYS = (Parity(), Capitals())
TEXTS = ("a good film", "a bad film, and not a good one", "good", "bad, bad, bad and so on", "no")

SIMILAR = [
    {"text": one, "text_pair": other, "score": float(number)}
    for number, (one, other) in enumerate(itertools.pairwise((*TEXTS, "a film")))
]
ROWS: dict[str, list[dict]] = {
    "sentence-similarity": SIMILAR,
    "sentence-similarity of pairs": SIMILAR,
    "text-classification": [
        {"text": text, "label": "good" if "good" in text else "bad"} for text in TEXTS
    ],
    "text-classification of pairs": [
        {"text": one, "text_pair": other, "label": "longer" if len(one) > len(other) else "shorter"}
        for one, other in itertools.pairwise((*TEXTS, "a film"))
    ],
    "multi-label-classification": [
        {"text": text, "label": [word for word in ("bad", "good") if word in text]}
        for text in TEXTS
    ],
    "multi-label-classification of pairs": [
        {"text": text, "text_pair": "a good one", "label": [w for w in ("bad", "no") if w in text]}
        for text in TEXTS
    ],
    "text-regression of pairs": [
        {"text": text, "text_pair": "a good one", "label": len(text) / 3} for text in TEXTS
    ],
    "text-regression": [{"text": text, "label": 0.5 * len(text)} for text in TEXTS],
    "question-answering": [
        {"question": "Who sings?", "context": "Anna sings, and Ben never does.", "label": "Anna"},
        {"question": "Who does not?", "context": "Anna sings, and Ben never does.", "label": "Ben"},
        {"question": "Where?", "context": "A good film was shown in Rome.", "label": "in Rome"},
        {"question": "When?", "context": "A bad film.", "label": []},
        {"question": "What?", "context": "It ended with a long, sad song.", "label": "sad song"},
    ],
    "recommendation": [
        {"liked": [text], "candidates": listed, "label": "good", "shelf": "known"}
        for text, listed in (
            ("a good film", ["no", "good", "bad, bad"]),
            ("bad", ["a film", "good"]),
            ("so on", ["good", "film"]),
        )
    ]
    + [
        {"liked": [text], "candidates": ["bad", "a good one"], "label": "bad", "shelf": "new"}
        for text in TEXTS[3:]
    ],
    "relation-classification": [
        {"text": "the <e1>film</e1> is by <e2>her</e2>", "label": "made(e1,e2)"},
        {"text": "<e2>he</e2> made a good <e1>film</e1>", "label": "made(e2,e1)"},
        {"text": "a <e1>bad</e1> one and <e2>so on</e2>", "label": "Other"},
        {"text": "<e1>the <e2>cast</e2> of it</e1> is not bad", "label": "part(e2,e1)"},
        {"text": "no <e1>good</e1> <e2>film</e2>", "label": "Other"},
    ],
    "token-classification": [
        {"text": "a good film", "spans": [[2, 6, "PRAISE"]]},
        {"text": "a bad film, and not a good one", "spans": [[2, 10, "BLAME"], [16, 26, "BLAME"]]},
        {"tokens": ["good"], "tags": ["B-PRAISE"]},
        {
            "tokens": ["bad", ",", "bad", "bad", "and", "so", "on"],
            "tags": ["I-BLAME", "O", "I-BLAME", "O", "O", "O", "O"],
        },
        {"text": "no", "spans": []},
    ],
    "translation": [
        {"text": text, "label": right}
        for text, right in zip(
            TEXTS, ("a film and so on", "not a good one", "no", "bad", "so on"), strict=True
        )
    ],
    "summarization": [
        {"text": text, "label": right}
        for text, right in zip(
            TEXTS, ("good", "bad and good", "a good one", "bad", "no"), strict=True
        )
    ],
    "text2text-generation": [
        {"text": text, "label": "no film", "references": ["so good"]} for text in TEXTS
    ],
    "image-classification": [
        {"image": image, "label": "light" if image.mean() > 127 else "dark"}
        for image in np.random.default_rng(0).integers(0, 256, (5, 6, 7, 1), "uint8")
    ],
    "audio-classification": [
        {"audio": sound, "rate": 8000, "label": "noise" if number % 2 else "hum"}
        for number, sound in enumerate(np.random.default_rng(0).uniform(-0.5, 0.5, (5, 4000)))
    ],
    "text-generation": [
        {"text": text, "control": "good" if "good" in text else "bad"} for text in TEXTS
    ],
    "tests.tasks.toy:Parity": [{"text": text} for text in TEXTS],
    "tests.tasks.toy_words:Capitals": [
        {"text": text} for text in ("a Good film", "No", "one, Two and Three or no more of it")
    ]
    + [{"text": "Anna is in Rome " * 9}, {"text": "\u200b a"}],
    "tone=text-classification+stars=text-regression": [
        {"text": t, "tone.label": "good" if "good" in t else "bad", "stars.label": len(t) / 2}
        for t in TEXTS
    ],
    "tone=text-classification+parts=token-classification": [
        {"text": text, "tone.label": tone, "parts.spans": spans}
        for text, tone, spans in (
            ("a good film", "good", [[2, 6, "PRAISE"]]),
            ("a bad film, and not a good one", "bad", [[2, 10, "BLAME"], [16, 26, "BLAME"]]),
            ("good", "good", [[0, 4, "PRAISE"]]),
            ("bad, bad, bad and so on", "bad", [[0, 3, "BLAME"]]),
            ("no", "bad", []),
        )
    ],
}
"""Labelled rows by task; the first time that a task is added without some, the battery says so."""


def perfect_vector(row: dict, size: int) -> np.ndarray:
    """The vector of a text of a pair, whose cosine with the other's is the score of both.

    Of rows that say what part they are of a list, that of the right item is as that of the user.
    """
    vector = np.zeros(size)
    if "part" in row:
        vector[int(row["part"] == CANDIDATE)] = 1.0
        return vector
    score, place = map(float, row["labels"])
    vector[:2] = (1.0, 0.0) if place == 1 else (score, math.sqrt(1 - score**2))
    return vector


PERFECT = {EMBEDDING: perfect_vector}
"""What a perfect model returns, of outputs that do not follow from their form."""
JOINT = tuple(name for name in ROWS if "+" in name)


def tasks() -> list[Task]:
    """Every registered task of ours, for pairs too where it reads them, and the toys."""
    from tfkd.tasks import TASKS

    paired = [name for name in TASKS if "pair" in find(name).defaults]
    of_pairs = (find(name, {"pair": True}) for name in paired)
    return [*map(find, TASKS), *of_pairs, *TOYS, *map(find, JOINT)]


def name_of(task: Task) -> str:
    name = task.name or import_path(task)
    return f"{name} of pairs" if task.settings.get("pair") else name
