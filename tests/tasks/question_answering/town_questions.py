"""Questions about made-up people and towns, which a small grammar writes, as SQuAD's JSON."""

from __future__ import annotations

import random

NAMES = ("Anna", "Ben", "Clara", "David", "Emil", "Frida", "Gustav", "Hanna", "Ida", "Jonas")
TOWNS = ("Aachen", "Berlin", "Celle", "Dresden", "Essen", "Fulda", "Gotha", "Halle", "Jena")
TRADES = ("baker", "painter", "singer", "teacher", "farmer", "doctor", "miller")


def town_articles(count: int, *, seed: int = 0, impossible: bool = False) -> dict:
    """Return articles with three people each, and a question or two about every one."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        names, towns = draw.sample(NAMES, 4), draw.sample(TOWNS, 3)
        trades = draw.sample(TRADES, 3)
        people = list(zip(names, towns, trades, strict=False))
        context = " ".join(f"{name} lives in {town} as a {trade}." for name, town, trade in people)
        asked = []
        for name, town, trade in people:
            asked.append((f"Where does {name} live?", town))
            asked.append((f"Who is a {trade}?", name))
        if impossible:
            asked.append((f"Where does {names[3]} live?", ""))
        questions = [
            {
                "id": f"{seed}-{number}-{i}",
                "question": question,
                "answers": [{"text": text, "answer_start": context.index(text)}] if text else [],
                **({"is_impossible": not text} if impossible else {}),
            }
            for i, (question, text) in enumerate(asked)
        ]
        paragraphs = [{"context": context, "qas": questions}]
        made.append({"title": f"Story {number}", "paragraphs": paragraphs})
    return {"version": "made up", "data": made}
