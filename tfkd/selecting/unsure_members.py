"""Of texts that are alike, the one that the student so far is least sure of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..runtime import Predictor, load
from ..runtime.unsure_answers import guess_of
from ..text.batching import chunks
from .farthest_first import Spread

MEMBERS = 20
"""Texts of a cluster that are looked at, at most."""
_BATCH = 64


def open_file(path: str | Path, threads: int, what: str) -> Predictor:
    """Open an exported file, or that of a run's folder.

    Args:
        path: The file or the folder.
        threads: CPU threads.
        what: The setting, for the error.

    Raises:
        UserError: No such file, or one that reads no texts.
    """
    file = Path(path).expanduser()
    file = file / "student.tflite" if file.is_dir() else file
    predictor = load(file, threads=threads)
    if not predictor.task.reads_texts:
        raise UserError(
            f"{what} is {path}, which reads {predictor.task.things} and no texts: give another one."
        )
    return predictor


def margin_of(predictor: Predictor, answer: Any) -> float:
    """Return how sure an answer is: the likeliest class's probability less that of the second.

    Args:
        predictor: What answered.
        answer: An answer of its task; of one without classes the confidence stands for it.

    Raises:
        UserError: The task has no confidence in its answers.
    """
    answer = guess_of(answer)
    chances = getattr(answer, "probabilities", None)
    if predictor.task.form == "multiclass" and isinstance(chances, dict) and len(chances) > 1:
        *_, second, first = sorted(chances.values())
        return float(first - second)
    confidence = predictor.task.confidence(answer)
    if confidence is None:
        raise UserError(
            f"the student {predictor.path} is for the task {predictor.task.name}, which has no "
            "confidence in its answers: leave --student out."
        )
    return float(confidence)


def draw_members(spread: Spread, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the places of each choice and of texts that are nearest to it and may be chosen.

    Args:
        spread: What was chosen.
        rng: Draws the texts where a cluster has many.
    """
    count = len(spread.chosen)
    members = np.flatnonzero(spread.open & (spread.owner >= 0))
    members = members[rng.permutation(len(members))]
    owners = spread.owner[members]
    order = np.argsort(owners, kind="stable")
    members, bounds = members[order], np.searchsorted(owners[order], np.arange(count + 1))
    return [
        np.concatenate([[place], members[bounds[number] : bounds[number + 1]][: MEMBERS - 1]])
        for number, place in enumerate(spread.chosen)
    ]


def choose_unsure(
    spread: Spread, clusters: Sequence[np.ndarray], margins: dict[int, float], near: float
) -> tuple[list[int], int]:
    """Return the text of each cluster with the smallest margin, and how many had an equal one.

    Args:
        spread: Knows the vectors.
        clusters: The places of the texts of each cluster, the centre first.
        margins: How sure the student is, by place.
        near: The cosine from which on a text is nearly one that was chosen.
    """
    chosen, ties = list[int](), 0
    vectors = np.zeros((len(clusters), spread.vectors.shape[1]), "float32")
    for number, members in enumerate(clusters):
        sure = np.array([margins[int(place)] for place in members])
        # The centre is far from all other choices, whatever they are.
        close = (spread.vectors[members] @ vectors[:number].T).max(axis=1, initial=-1.0) >= near
        close[0] = False
        sure = np.where(close, np.inf, sure)
        ties += int(np.count_nonzero(sure == sure.min()) > 1)
        place = int(members[sure.argmin()])
        vectors[number] = spread.vectors[place]
        chosen.append(place)
    return chosen, ties


def measure_margins(
    predictor: Predictor,
    texts: Iterable[tuple[int, tuple[str, ...]]],
    advance: Callable[[int], None],
) -> dict[int, float]:
    """Return how sure a student is of texts, by their places.

    Args:
        predictor: The student.
        texts: Places and texts; of a pair both.
        advance: Is called with the number of texts done.
    """
    margins: dict[int, float] = {}
    for batch in chunks(texts, _BATCH):
        values: list[Any] = [each[0] if len(each) == 1 else each for _, each in batch]
        answers = predictor.predict(values)
        for (place, _), answer in zip(batch, answers, strict=True):
            margins[place] = margin_of(predictor, answer)
        advance(len(batch))
    return margins
