"""Why a file answers as it does, where its answer is a sum over n-grams. No TensorFlow here.

Nothing in a file says so. The weight of an n-gram is what the file says of it alone less what it
says of the parts, and the weights of a text have to add up to what it says of the text.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UserError
from ..text import TextEncoder

if TYPE_CHECKING:
    from .example_reading import Value
    from .predictor import Predictor

ORDERS = (1, 2, 3)
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Reasons:
    """What speaks for an answer.

    Attributes:
        label: The class with the highest score, empty where the file has one number.
        score: Its logit, less the mean of all classes' where there are several.
        rest: What the file says of every text.
        ngrams: By n-gram what it adds to the score, those that add something, the largest first.
    """

    label: str
    score: float
    rest: float
    ngrams: dict[str, float]


def find_reasons(predictor: Predictor, value: Value) -> Reasons:
    """Return the n-grams of a text that spoke for the answer, and those that spoke against it.

    Args:
        predictor: A file of a student `ngram_linear`.
        value: The text.

    Raises:
        UserError: A text that the file cannot read, or a file whose answer is no sum of n-grams.
    """
    ((row, *more),) = predictor.rows_of([value])
    if more or set(row) - {"labels"} != {"input_ids"} or predictor.task.outputs != ("logits",):
        raise _no_sum(predictor)
    encoder = predictor.encoder
    if not isinstance(encoder, TextEncoder):
        raise _no_sum(predictor)
    pad = encoder.pad_id
    ids = tuple(int(i) for i in row["input_ids"] if i != pad)
    ngrams = [ids[at : at + n] for n in ORDERS for at in range(len(ids) - n + 1)]
    parts = sorted(set(ngrams), key=len)
    rest, *said, whole = _ask(predictor, [(pad,), *parts, ids])
    if whole.ndim != 1:
        raise _no_sum(predictor)
    # A file divides its sum by the square root of the number of tokens.
    sums = {part: sqrt(len(part)) * (each - rest) for part, each in zip(parts, said, strict=True)}
    weights: dict[tuple[int, ...], np.ndarray] = {}
    for part in parts:
        weights[part] = sums[part] - sum((weights[inner] for inner in _inner(part)), 0 * rest)
    added = [weights[ngram] / sqrt(len(ids)) for ngram in ngrams]
    gap = np.abs(rest + sum(added, 0 * rest) - whole).max()
    if gap > TOLERANCE * (1 + np.abs(whole).max()):
        raise _no_sum(predictor)
    best = int(whole.argmax())
    label = predictor.labels[best] if len(whole) > 1 and predictor.labels else ""
    total: dict[str, float] = defaultdict(float)
    for ngram, numbers in zip(ngrams, added, strict=True):
        # [CLS] and [SEP] too: a bigram with one of them is another than the word alone.
        words = encoder.tokenizer.decode(ngram, skip_special_tokens=False)
        total[words] += _score(numbers, best)
    least = TOLERANCE * max(map(abs, total.values()), default=0)
    order = sorted(total, key=lambda ngram: -abs(total[ngram]))
    kept = {ngram: total[ngram] for ngram in order if abs(total[ngram]) > least}
    return Reasons(label, _score(whole, best), _score(rest, best), kept)


def _ask(predictor: Predictor, texts: list[tuple[int, ...]]) -> list[np.ndarray]:
    rows = [{"input_ids": np.array(text, "int32")} for text in texts]
    return [outputs["logits"].astype("float64") for outputs in predictor.run(rows)]


def _inner(part: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the shorter n-grams of an n-gram, at each place.

    >>> _inner((4, 5))
    [(4,), (5,)]
    """
    return [part[at : at + n] for n in range(1, len(part)) for at in range(len(part) - n + 1)]


def _score(logits: np.ndarray, place: int) -> float:
    """Return a logit less the mean of all: what is added to each of them changes nothing."""
    return float(logits[place] - (logits.mean() if len(logits) > 1 else 0))


def _no_sum(predictor: Predictor) -> UserError:
    return UserError(
        f"{predictor.path} does not add its answer up of n-grams, so none of them can be told: "
        "--why is for files of the student ngram_linear, whose numbers are not rounded too much: "
        "without --quantize, or with float16 or int8."
    )
