"""A toy language pair by a small grammar: other words, another order, and words that agree.

In the target the verb comes last, the adjective follows its noun and agrees with its gender, the
article says gender and number, the object has an ending, and an adverb comes first.
"""

import random

NOUNS = {
    "dog": ("karo", "m"),
    "king": ("rexo", "m"),
    "boat": ("navo", "m"),
    "tree": ("arbo", "m"),
    "cat": ("mila", "f"),
    "queen": ("rena", "f"),
    "song": ("kanta", "f"),
    "road": ("via", "f"),
    "child": ("puek", "n"),
    "bird": ("avik", "n"),
    "house": ("domuk", "n"),
    "bread": ("panek", "n"),
}
ADJECTIVES = {
    "small": "pit",
    "big": "gran",
    "old": "vet",
    "young": "jun",
    "red": "rub",
    "green": "verd",
    "good": "bon",
    "slow": "len",
}
VERBS = {
    "see": "vid",
    "love": "am",
    "find": "trov",
    "carry": "port",
    "follow": "sekv",
    "hear": "aud",
    "want": "vol",
    "forget": "obliv",
}
ADVERBS = {"today": "hodi", "often": "ofte", "never": "nunka", "here": "hik"}
_ENDINGS = {"m": "os", "f": "as", "n": "us"}


def _noun_phrase(draw: random.Random, *, is_object: bool) -> tuple[str, str, bool]:
    """Return a noun phrase, its translation, and whether it is of several."""
    noun = draw.choice(list(NOUNS))
    word, gender = NOUNS[noun]
    many, known = draw.random() < 0.4, draw.random() < 0.5
    adjective = draw.choice(list(ADJECTIVES)) if draw.random() < 0.5 else ""
    article = "the" if known else ("some" if many else "a")
    plural = "children" if noun == "child" else f"{noun}s"
    source = [article, *filter(None, [adjective]), plural if many else noun]
    theirs = f"{'l' if known else 'un'}{_ENDINGS[gender][0]}{'s' if many else ''}"
    target = [theirs, f"{word}{'i' if many else ''}{'n' if is_object else ''}"]
    if adjective:
        target.append(f"{ADJECTIVES[adjective]}{_ENDINGS[gender]}")
    return " ".join(source), " ".join(target), many


def _third_person(verb: str) -> str:
    return "carries" if verb == "carry" else f"{verb}s"


def write_pairs(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Return different sentences with their translations, the same ones for the same seed.

    Args:
        count: How many.
        seed: Of the draw.
    """
    draw, pairs = random.Random(seed), dict[str, str]()
    while len(pairs) < count:
        subject, who, many = _noun_phrase(draw, is_object=False)
        thing, whom, _ = _noun_phrase(draw, is_object=True)
        verb = draw.choice(list(VERBS))
        adverb = draw.choice(list(ADVERBS)) if draw.random() < 0.4 else ""
        source = [subject, verb if many else _third_person(verb), thing, *filter(None, [adverb])]
        written = f"{VERBS[verb]}{'ent' if many else 'et'}"
        target = [*filter(None, [ADVERBS.get(adverb)]), who, whom, written]
        pairs[f"{' '.join(source)}."] = f"{' '.join(target)}."
    return [{"source": source, "target": target} for source, target in pairs.items()]
