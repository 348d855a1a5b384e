"""A service desk: two files and an index that say what is asked and which answers fit."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .predictor import Predictor, load
from .unsure_answers import Ask
from .vector_index import Index

DESK = "desk.json"
"""Says which files make up a desk, and which of its intents stand for the unknown."""
BEGUN = "parts.toml"
"""What `tfkd distill` writes first into the folder of several runs."""
FORMAT = 1
BEST = 3
"""How many answers a reply has."""
MORE = 4
"""How many entries are looked up for each answer, since several may have the same one."""


@dataclass(frozen=True)
class FoundAnswer:
    """An answer of the index.

    Attributes:
        text: The answer.
        similarity: The cosine between it and the question, from -1 to 1.
    """

    text: str
    similarity: float


@dataclass(frozen=True)
class DeskReply:
    """What a desk says to a question.

    Attributes:
        intent: What is asked, by the file's most probable class.
        confidence: The probability of this class; NaN where the file gives none.
        known: Whether it is given as the intent: False for a class that stands for the unknown, and
            for a confidence below the threshold of the file.
        answers: Those of the index that fit best, the best one first.
    """

    intent: str
    confidence: float
    known: bool
    answers: tuple[FoundAnswer, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, in which no number is NaN."""
        known = {} if math.isfinite(self.confidence) else {"confidence": None}
        return {**dataclasses.asdict(self), **known}


class ServiceDesk:
    """Reply to questions with two files and an index: NumPy, tokenizers and LiteRT alone.

    `load` opens the folder of a desk that `tfkd distill --recipe service-desk` made.

    Args:
        intents: Tells the intent of a question; below the threshold in this file none is given.
        answers: Gives the vectors of questions and answers.
        index: The vectors that questions are compared with, each with an answer.
        unknown: The classes that stand for questions of no known intent.

    Raises:
        UserError: The index is of another file than `answers`.

    ```python
    desk = tfkd.runtime.ServiceDesk.load("desk")
    desk.reply("where is my parcel?").answers[0].text
    ```
    """

    def __init__(
        self,
        intents: Predictor,
        answers: Predictor,
        *,
        index: Index,
        unknown: Sequence[str] = (),
    ) -> None:
        index.check(answers)
        self.intents, self.answers, self.index = intents, answers, index
        self.unknown = tuple(unknown)

    @classmethod
    def load(cls, folder: str | Path, *, threads: int = 1) -> ServiceDesk:
        """Open the files of a desk.

        Args:
            folder: That of a finished desk.
            threads: Number of CPU threads.

        Raises:
            UserError: No desk, a half-finished or a damaged one, an index of another file.
        """
        folder = Path(folder)
        settings = read_desk(folder)
        return cls(
            load(folder / settings["intents"], threads=threads),
            load(folder / settings["answers"], threads=threads),
            index=Index.load(folder / settings["index"]),
            unknown=settings["unknown"],
        )

    def reply(self, question: str, count: int = BEST) -> DeskReply:
        """Return the intent of a question and the answers that fit best.

        Args:
            question: A text of at least one word.
            count: How many answers; fewer where the index has no more.

        Raises:
            UserError: An empty question, or no answer wanted.
        """
        (reply,) = self.reply_all([question], count)
        return reply

    def reply_all(self, questions: Sequence[str], count: int = BEST) -> list[DeskReply]:
        """Return a reply to each question, in the order given.

        Args:
            questions: Texts of at least one word.
            count: How many answers each; fewer where the index has no more.

        Raises:
            UserError: An empty question, or no answer wanted.
        """
        if count < 1:
            raise UserError(f"{count} answers are wanted: write 1 or more.")
        named = self.intents.predict(questions)
        vectors = self.answers.embed(questions)
        found = self._search_answers(vectors, count)
        return [
            DeskReply(*self._read_intent(answer), of_one)
            for answer, of_one in zip(named, found, strict=True)
        ]

    def latency(self, questions: Sequence[str], repeats: int = 3) -> np.ndarray:
        """Return seconds per question, `[questions]`, one at a time: the median of `repeats` runs.

        Tokenizers, both files and the search count.

        Args:
            questions: Texts of at least one word.
            repeats: Runs that count; one before them warms up.

        Raises:
            UserError: No run that counts, or an empty question.
        """
        if repeats < 1:
            raise UserError(f"repeats is {repeats}: write at least 1.")
        seconds = np.zeros((repeats + 1, len(questions)))
        for turn in range(repeats + 1):
            for i, question in enumerate(questions):
                start = time.perf_counter()
                self.reply(question)
                seconds[turn, i] = time.perf_counter() - start
        return np.median(seconds[1:], axis=0)

    def _read_intent(self, answer: Any) -> tuple[str, float, bool]:
        task, asks = self.intents.task, isinstance(answer, Ask)
        guess = answer.answer if asks else answer
        intent, confidence = task.summarize(guess), task.confidence(guess)
        confidence = math.nan if confidence is None else float(confidence)
        return intent, confidence, not asks and intent not in self.unknown

    def _search_answers(self, vectors: np.ndarray, count: int) -> list[tuple[FoundAnswer, ...]]:
        """Return the best answers to each question, looking further where many are the same."""
        looked = MORE * count
        while True:
            looked = min(looked, len(self.index))
            scores, places = self.index.search(vectors, looked)
            found = [self._find_answers(*pair, count) for pair in zip(scores, places, strict=True)]
            if looked == len(self.index) or all(len(of_one) == count for of_one in found):
                return found
            looked *= MORE

    def _find_answers(
        self, similarities: np.ndarray, places: np.ndarray, count: int
    ) -> tuple[FoundAnswer, ...]:
        """Return the best answers; one that was found by several questions is given once."""
        best: dict[str, float] = {}
        for similarity, place in zip(similarities, places, strict=True):
            best.setdefault(str(self.index.entries[place]), float(similarity))
        return tuple(FoundAnswer(*found) for found in list(best.items())[:count])


def is_desk(folder: Path) -> bool:
    """Return whether a folder is that of a service desk, or of runs that may become one."""
    return any((folder / name).is_file() for name in (DESK, BEGUN))


def read_desk(folder: Path) -> dict[str, Any]:
    """Return what a desk says of itself.

    Raises:
        UserError: No desk, a half-finished or a damaged one.
    """
    path = folder / DESK
    if not path.is_file():
        raise UserError(
            f"the desk in {folder} is not finished: give the command that began it once more."
            if (folder / BEGUN).is_file()
            else f"{folder} is no service desk: it has no {DESK}; `tfkd distill DATA --recipe "
            "service-desk --to FOLDER` makes one."
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        found = None
    if not _is_desk(found):
        raise UserError(f"{path} is damaged, or of another version: make the desk again.")
    for name in ("intents", "answers", "index"):
        if not (folder / found[name]).is_file():
            raise UserError(f"the desk in {folder} has no {found[name]}: make it again.")
    return found


def _is_desk(found: Any) -> bool:
    return (
        isinstance(found, Mapping)
        and found.get("format") == FORMAT
        and all(_is_inside(found.get(name)) for name in ("intents", "answers", "index"))
        and isinstance(found.get("unknown"), list)
    )


def _is_inside(name: Any) -> bool:
    """Return whether a name is that of a file inside of the desk's folder, wherever it lies."""
    return isinstance(name, str) and not Path(name).is_absolute() and ".." not in Path(name).parts
