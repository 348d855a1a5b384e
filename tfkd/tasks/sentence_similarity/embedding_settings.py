"""The settings of the task, and what the training split says of its pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...data import Example
from ...errors import UserError

DIMENSIONS, PREFIXES, SCORED_BY = "dimensions", "prefixes", "scored_by"
SIMILARITY, RETRIEVAL = "similarity", "retrieval"
WIDTH, PAIRS, LOWEST, HIGHEST = "width", "pairs", "lowest", "highest"
"Settings of a schema: of its vectors, and what the pairs of the training split have."
NONE, SCORED, MATCHED = "none", "scored", "matched"
"Texts alone; pairs with numbers; pairs of which each text is the right one for the other."
_MOST = 1e30


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse settings that no model can have.

    Raises:
        UserError: The first of them.
    """
    width, scored_by = settings[DIMENSIONS], settings[SCORED_BY]
    if type(width) is not int or not 2 <= width <= 65_536:
        raise UserError(f"dimensions is {width!r}: write a whole number of 2 or more, such as 256.")
    if scored_by not in (SIMILARITY, RETRIEVAL):
        raise UserError(
            f"scored_by is {scored_by!r}: write {SIMILARITY}, for numbers that say how alike both "
            f"texts of a pair are, or {RETRIEVAL}, for questions and their answers."
        )
    read_prefixes(settings)


def read_prefixes(settings: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the numbers of first dimensions that have to serve by themselves.

    >>> read_prefixes({"prefixes": "64, 32", "dimensions": 128})
    (32, 64)

    Raises:
        UserError: Something else than whole numbers below the number of dimensions.
    """
    written, width = settings[PREFIXES], settings[DIMENSIONS]
    parts = written.split(",") if isinstance(written, str) else written
    parts = parts if isinstance(parts, Sequence) else [parts]
    try:
        numbers = sorted({int(part) for part in parts if str(part).strip()})
    except (TypeError, ValueError):
        numbers = [0]
    # The whole vector has to serve anyway.
    numbers = [number for number in numbers if number != width]
    if numbers and not (numbers[0] >= 2 and numbers[-1] < width):
        raise UserError(
            f"prefixes is {written!r}: write numbers of first dimensions, from 2 to {width - 1}, "
            "such as 32,64,128."
        )
    return tuple(numbers)


def read_score(where: str, value: Any) -> float | None:
    """Return the score of a pair, None where it has none.

    Args:
        where: File and row, for the error.
        value: A number, or a string that is one; None or an empty string where it is not known.

    Raises:
        UserError: Something else, NaN, or an infinite number.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = math.nan if isinstance(value, (list, dict)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not abs(number) < _MOST:
        raise UserError(
            f"{where}: the score is {value!r:.40}; expected a number that says how alike both "
            'texts are, such as 3.5, or nothing (null or "") where it is not known.'
        )
    return number


def describe(settings: Mapping[str, Any]) -> str:
    """Return the number of dimensions of a schema, and what is known of its texts, in words."""
    kinds = {NONE: "texts alone", SCORED: "pairs with scores", MATCHED: "pairs that match"}
    return f"vectors of {settings[DIMENSIONS]} dimensions; {kinds[settings.get(PAIRS, NONE)]}"


def describe_pairs(train: Iterable[Example]) -> dict[str, Any]:
    """Return what the training examples have: texts alone, scores of pairs, or pairs that match.

    >>> describe_pairs([Example(text="a", text_pair="b", score=5.0), Example(text="c")])
    {'pairs': 'scored', 'lowest': 5.0, 'highest': 5.0}
    """
    found, scores = NONE, []
    for example in train:
        if example.get("text_pair") is None:
            continue
        score = example.get("score", 1.0)
        if "score" in example and score is not None:
            scores.append(score)
        elif score is not None:
            found = MATCHED
    if not scores:
        return {PAIRS: found}
    return {PAIRS: SCORED, LOWEST: min(scores), HIGHEST: max(scores)}


def scaled(score: float | None, settings: Mapping[str, Any]) -> float | None:
    """Return a score from 0 to 1, by the lowest and the highest one of the training split."""
    if score is None:
        return None
    lowest, highest = settings.get(LOWEST, 0.0), settings.get(HIGHEST, 1.0)
    if not highest > lowest:
        lowest, highest = min(0.0, lowest), max(1.0, highest)
    return min(max((score - lowest) / (highest - lowest), 0.0), 1.0)
