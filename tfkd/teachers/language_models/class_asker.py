"""Ask a language model for the classes of many texts at once, each text and question once ever."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import UserError
from ...progress import logger
from .answer_journal import AnswerJournal, Entry
from .asker import MODE, Asker
from .class_guide import ClassGuide
from .http_client import ChatClient, Unanswered
from .letter_chances import count_votes, read_chances
from .prompts import Question, ask_for_class, group_classes, order_of
from .server_replies import Reply

TOLD = 20
"""Tokens whose probabilities are asked for: as many as servers tell."""
FEW = 4
"""Tokens of an answer that is read as text."""
_COVERED = 0.95
"""Probability of groups of classes that are looked into; what is left is spread evenly."""
_SMOOTHING = 0.1
"""What a single answer without probabilities leaves to all classes together."""
CHANCES, VOTES, LETTER = "chances", "votes", "letter"
_Ask = Callable[[str, list[list[int]], int], np.ndarray]


class _Unknown(Exception):
    """A question that has no answer yet."""


@dataclass(frozen=True)
class Manner:
    """How texts are asked.

    Attributes:
        orders: How many orders of the classes are asked and averaged.
        votes: Answers that are drawn of a server that tells no probabilities; 0 takes one answer.
        at_once: Requests on their way at the same time.
    """

    orders: int = 1
    votes: int = 0
    at_once: int = 8


class ClassAsker(Asker):
    """Gives distributions over classes for texts, from a journal or by asking.

    Args:
        client: Sends the questions.
        guide: What the classes mean.
        journal: Keeps the answers.
        manner: How texts are asked.
    """

    def __init__(
        self,
        client: ChatClient,
        guide: ClassGuide,
        journal: AnswerJournal,
        manner: Manner | None = None,
    ) -> None:
        self._guide, self._manner = guide, manner or Manner()
        super().__init__(client, journal, self._manner.at_once)

    def ask_one(self, text: str) -> np.ndarray:
        """Return the mean of the distributions over classes that their orders give.

        Raises:
            Unanswered: One of them has none.
        """
        turns = [self._ask_turn(text, turn, self._ask) for turn in range(self._manner.orders)]
        return np.mean(turns, axis=0)

    def _ask_turn(self, text: str, turn: int, ask: _Ask) -> np.ndarray:
        """Return a distribution over the classes: of groups first, where there are many."""
        groups = group_classes(len(self._guide.names))
        chances = ask(text, groups, turn)
        if len(groups) == len(self._guide.names):
            return chances
        found, covered = np.zeros(len(self._guide.names)), 0.0
        for place in np.argsort(-chances, kind="stable"):
            group, chance = groups[place], chances[place]
            inside = np.full(len(group), 1 / len(group))
            if covered < _COVERED:
                inside = ask(text, [[number] for number in group], turn)
            found[group] = chance * inside
            covered += chance
        return found

    def _ask(self, text: str, options: list[list[int]], turn: int) -> np.ndarray:
        """Return how likely each of some options is."""
        question, key, order = self._question(text, options, turn)
        entry = self.journal.find(key)
        if entry is None:
            entry = self._answer(question)
            self.journal.add(key, entry, text)
        self.tally.outside.append(entry["outside"])
        return _in_place(entry, order)

    def _find(self, text: str, options: list[list[int]], turn: int) -> np.ndarray:
        """Return the same without asking.

        Raises:
            _Unknown: The question has no answer.
        """
        _, key, order = self._question(text, options, turn)
        entry = self.journal.find(key)
        if entry is None:
            raise _Unknown
        return _in_place(entry, order)

    def _question(
        self, text: str, options: list[list[int]], turn: int
    ) -> tuple[Question, str, list[int]]:
        """Return a question, what its answer is kept by, and the order of its options."""
        order = order_of(text, len(options), turn)
        question = ask_for_class(self._guide, text, [options[place] for place in order])
        address = self._client.address
        mark = json.dumps([question.messages, address.model, address.url, self._manner.votes])
        key = hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return question, key, order

    def knows(self, text: str) -> bool:
        """Return whether each question that is asked of a text has an answer."""
        try:
            for turn in range(self._manner.orders):
                self._ask_turn(text, turn, self._find)
        except _Unknown:
            return False
        return True

    def _answer(self, question: Question) -> Entry:
        start = time.monotonic()
        # Only the first question of all comes without a mode.
        entry = self._ask_first(question) if not self.mode else _WAYS[self.mode](self, question)
        # A server may repeat what it was sent.
        return {
            **entry,
            "raw": self._client.hide_in(entry["raw"]),
            "seconds": round(time.monotonic() - start, 3),
        }

    def _ask_first(self, question: Question) -> Entry:
        """Find out whether the server tells probabilities, and say so if it does not."""
        entry, mode = self._ask_chances(question, refuse=False), CHANCES
        if entry is None and self.mode:
            # Another thread has found it out.
            return _WAYS[self.mode](self, question)
        if entry is None:
            mode = VOTES if self._manner.votes else LETTER
            way = (
                f"{self._manner.votes} answers are drawn of each text"
                if self._manner.votes
                else f"each answer counts {1 - _SMOOTHING:.0%}; --votes N draws several"
            )
            logger.info(f"{self._client.address.url} tells no probabilities of tokens: {way}.")
            entry = _WAYS[mode](self, question)
        self.journal.add(MODE, {"mode": mode})
        return entry

    def _ask_chances(self, question: Question, *, refuse: bool = True) -> Entry | None:
        options: dict[str, Any] = {"temperature": 0.0, "logprobs": True, "top_logprobs": TOLD}
        reply = self._send(question, written=1, **options)
        if not reply.told:
            if refuse:
                raise Unanswered("the answer has no probabilities of tokens, as earlier ones had")
            return None
        chances = read_chances(reply.told, question.letters)
        if chances is None:
            raise Unanswered(f"none of the likeliest tokens is a letter ({reply.text[:40]!r})")
        told = {each["token"]: round(each["logprob"], 4) for each in reply.told}
        return _entry(chances, [reply], told)

    def _ask_votes(self, question: Question) -> Entry:
        options = {"temperature": 1.0}
        replies = [self._send(question, written=FEW, **options) for _ in range(self._manner.votes)]
        chances = count_votes([reply.text for reply in replies], question.letters)
        if chances is None:
            raise Unanswered(f"no answer is a letter ({replies[0].text[:40]!r})")
        return _entry(chances, replies, [reply.text for reply in replies])

    def _ask_letter(self, question: Question) -> Entry:
        reply = self._send(question, written=FEW, temperature=0.0)
        chances = count_votes([reply.text], question.letters)
        if chances is None:
            raise Unanswered(f"the answer is no letter ({reply.text[:40]!r})")
        entry = _entry(chances, [reply], reply.text)
        best = int(np.argmax(chances.chances))
        shares = np.full(len(question.letters), _SMOOTHING / len(question.letters))
        shares[best] += 1 - _SMOOTHING
        return {**entry, "chances": shares.round(6).tolist()}

    def _send(self, question: Question, *, written: int, **options: Any) -> Reply:
        reply = self._client.ask(question.messages, written=written, **options)
        if reply.reasons:
            raise UserError(
                f"{self._client.address.model!r} thinks before it answers, so that its first token "
                "says nothing of the classes: turn its reasoning off in the server, or choose a "
                "chat model that answers at once."
            )
        return reply


_WAYS: dict[str, Callable[[ClassAsker, Question], Any]] = {
    CHANCES: ClassAsker._ask_chances,
    VOTES: ClassAsker._ask_votes,
    LETTER: ClassAsker._ask_letter,
}


def _in_place(entry: Entry, order: list[int]) -> np.ndarray:
    """Return the chances of options that were asked in some order."""
    chances = np.zeros(len(order))
    chances[order] = entry["chances"]
    return chances


def _entry(chances: Any, replies: Sequence[Reply], raw: Any) -> Entry:
    return {
        "chances": list(chances.chances),
        "outside": chances.outside,
        "raw": raw,
        "read": sum(reply.read or 0 for reply in replies),
        "written": sum(reply.written or 0 for reply in replies),
    }
