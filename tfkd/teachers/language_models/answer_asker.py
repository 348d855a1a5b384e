"""Ask a language model for answers as JSON, each text and question once ever."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from ...errors import UserError
from ...progress import logger
from ...tasks import ShownExample
from .answer_journal import AnswerJournal, Entry
from .asker import MODE, Asker
from .class_guide import ClassGuide
from .http_client import ChatClient, Refused, Unanswered
from .prompts import Message
from .server_replies import Reply
from .written_answers import leave_out_thoughts, read_object

SCHEMA, TOLD = "schema", "told"
"""The server is given the schema of an answer, or the model alone is told of it."""
_UNKNOWN_OPTION = (400, 415, 422, 501)


@dataclass(frozen=True)
class AnswerForm:
    """What an answer has to look like.

    Attributes:
        guide: What is asked, and what the classes mean where there are some.
        schema: The JSON Schema of an answer.
        shown: An answer as it should look like.
        tokens: How many tokens an answer has at most.
    """

    guide: ClassGuide
    schema: dict[str, Any]
    shown: str
    tokens: int

    def messages(self, text: str) -> list[Message]:
        """Return the chat that asks for a text.

        The schema is told in any case: most servers that hold a model to it do not show it.

        Args:
            text: An example, as the language model reads it.
        """
        guide = self.guide
        classes = zip(guide.names, guide.descriptions, strict=True)
        lines = [f"- {name}: {what}" if what.strip() else f"- {name}" for name, what in classes]
        schema = json.dumps(self.schema, ensure_ascii=False, separators=(",", ":"))
        way = f"Answer with one JSON object alone, such as {self.shown}, by this schema: {schema}"
        messages = [{"role": "system", "content": "\n".join([guide.task, *lines, way])}]
        for shown, answer in guide.examples:
            messages += [{"role": "user", "content": shown}]
            messages += [{"role": "assistant", "content": answer}]
        return [*messages, {"role": "user", "content": text}]

    @property
    def digest(self) -> str:
        """What tells the questions from others."""
        facts = [self.guide.digest, self.schema, self.shown]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


class AnswerAsker(Asker):
    """Gives answers for examples, from a journal or by asking.

    Args:
        client: Sends the questions.
        form: What is asked.
        journal: Keeps the answers.
        at_once: Requests on their way at the same time.
    """

    def __init__(
        self, client: ChatClient, form: AnswerForm, journal: AnswerJournal, *, at_once: int = 8
    ) -> None:
        self._form = form
        super().__init__(client, journal, at_once)

    def ask_one(self, text: str) -> dict[str, Any]:
        """Return the answer for an example, an object with all that the schema requires.

        Args:
            text: An example, as the language model reads it.

        Raises:
            Unanswered: There is none, or it is no such object.
        """
        key, messages = self._question(text)
        entry = self.journal.find(key)
        if entry is None:
            start = time.monotonic()
            reply = self._send(messages)
            entry = self._read(reply)
            entry = {**entry, "seconds": round(time.monotonic() - start, 3)}
            self.journal.add(key, entry, text.plain if isinstance(text, ShownExample) else text)
        return entry["answer"]

    def knows(self, text: str) -> bool:
        """Return whether an example has an answer already."""
        return self.journal.find(self._question(text)[0]) is not None

    def _question(self, text: str) -> tuple[str, list[Message]]:
        messages = self._form.messages(text)
        address = self._client.address
        mark = json.dumps([messages, address.model, address.url])
        return hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()[:32], messages

    def _send(self, messages: list[Message]) -> Reply:
        """Ask, with the schema where the server takes it."""
        if self.mode == TOLD:
            return self._client.ask(messages, written=self._form.tokens, temperature=0.0)
        form = {"name": "answer", "strict": True, "schema": self._form.schema}
        options = {"response_format": {"type": "json_schema", "json_schema": form}}
        try:
            reply = self._client.ask(
                messages, written=self._form.tokens, temperature=0.0, **options
            )
        except Refused as error:
            if self.mode or error.status not in _UNKNOWN_OPTION:
                raise
            reply = self._client.ask(messages, written=self._form.tokens, temperature=0.0)
            logger.info(
                f"{self._client.address.url} takes no JSON schema: the model alone is told of it."
            )
            self.journal.add(MODE, {"mode": TOLD})
            return reply
        if not self.mode:
            self.journal.add(MODE, {"mode": SCHEMA})
        return reply

    def _read(self, reply: Reply) -> Entry:
        text = self._client.hide_key(reply.text)
        if reply.reasons and not leave_out_thoughts(text):
            raise UserError(
                f"{self._client.address.model!r} thinks before it answers, and came to no answer "
                f"in {self._form.tokens} tokens: turn its reasoning off in the server, or give "
                "more with --answer-tokens."
            )
        try:
            answer = read_object(text, self._form.schema["required"])
        except ValueError as error:
            cut = f"; it was cut off at {self._form.tokens} tokens (--answer-tokens)"
            raise Unanswered(
                f"the answer cannot be read, {error}{cut if reply.cut else ''} ({text[:40]!r})"
            ) from None
        return {"answer": answer, "raw": text, "read": reply.read, "written": reply.written}
