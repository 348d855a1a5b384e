"""A chat server behind an address: one request, tried again where that may help."""

from __future__ import annotations

import email.utils
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import UserError, first_line
from .prompts import Message
from .server_address import KEY, Address, read_key
from .server_replies import Reply, read_reply
from .spending import Spending, most_tokens

_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529)
_UNBILLED = (429, 503, 529)
_OF_ONE_TEXT = (400, 413, 422)
_LONGEST_WAIT = 120.0
_LARGEST = 8 << 20


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        seconds: For one answer.
        tries: Of one request.
        first_wait: Seconds before the second try; each later one is waited for twice as long.
    """

    seconds: float = 60.0
    tries: int = 6
    first_wait: float = 0.5


class Refused(UserError):
    """A server that refuses a request whatever its text, with a status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unanswered(Exception):
    """A request that had no answer after all its tries."""


class ChatClient:
    """Asks one model of a server; several threads may share it.

    The key is read from the environment, and is in no message.

    Args:
        address: The model and its server.
        spending: Counts the calls, and stops before a limit.
        patience: How long it waits.
        sleep: Waits; a test may do without.
        note: Is told what each request cost, or may have cost where no answer came.
    """

    def __init__(
        self,
        address: Address,
        spending: Spending,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        note: Callable[[float], None] = lambda cost: None,
    ) -> None:
        self.address, self.spending = address, spending
        self._patience, self._sleep, self._note = patience or Patience(), sleep, note
        self._key, self.has_answered = read_key(), False
        self._http: Any = None
        self._lock = threading.Lock()
        _import_httpx()

    def ask(self, messages: Sequence[Message], *, written: int, **options: Any) -> Reply:
        """Return the answer to a chat.

        Args:
            messages: The chat.
            written: How many tokens it may have.
            options: More fields of the request, such as `temperature`.

        Raises:
            UserError: The server refuses the request, which would be so the next time too; a limit
                of calls or costs is reached.
            Unanswered: It gave no answer after all tries.
        """
        body = {
            "model": self.address.model,
            "messages": list(messages),
            "max_tokens": written,
            "stream": False,
            **options,
        }
        most = most_tokens(messages)
        why = "it was not asked"
        for turn in range(self._patience.tries):
            reserved = self.spending.reserve(most, written)
            try:
                answer = _Attempt(self, body).send()
            except BaseException:
                self.spending.settle(reserved, 0, 0)
                raise
            self._note(self.spending.settle(reserved, *answer.tokens))
            if answer.reply is not None:
                self.has_answered = True
                return answer.reply
            why = answer.why
            if turn + 1 < self._patience.tries:
                self._wait(turn, answer.wait)
        raise Unanswered(
            f"{self.address.url} gave no answer in {self._patience.tries} tries: {why}"
        )

    def hide(self, text: str) -> str:
        """Return what a server said, without the key, in one short line."""
        return " ".join(self.hide_key(text).split())[:300]

    def hide_key(self, text: str) -> str:
        """Return a text with stars in place of the key."""
        return text.replace(self._key, "***") if self._key else text

    def hide_in(self, value: Any) -> Any:
        """Return plain values with stars in place of the key, in all their texts."""
        if isinstance(value, dict):
            return {self.hide_in(name): self.hide_in(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.hide_in(each) for each in value]
        return self.hide_key(value) if isinstance(value, str) else value

    def post(self, body: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        """Send a request, and return status, headers and body of the response.

        Raises:
            TimeoutError: The answer takes longer than it is waited for.
        """
        end = time.monotonic() + self._patience.seconds
        with self._open().stream(
            "POST", f"{self.address.url}/chat/completions", json=body
        ) as reply:
            parts, size = [], 0
            for part in reply.iter_bytes():
                parts.append(part)
                size += len(part)
                if time.monotonic() > end or size > _LARGEST:
                    raise TimeoutError(f"no whole answer within {self._patience.seconds:g} s")
            content = b"".join(parts).decode("utf-8", "replace")
            return reply.status_code, dict(reply.headers), content

    def _open(self) -> Any:
        with self._lock:
            if self._http is None:
                self._http = _import_httpx().Client(
                    timeout=self._patience.seconds,
                    headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
                )
            return self._http

    def close(self) -> None:
        """Close the connections; the next question opens some again."""
        with self._lock:
            if self._http is not None:
                self._http.close()
                self._http = None

    def _wait(self, turn: int, wanted: float | None) -> None:
        wait = self._patience.first_wait * 2**turn * random.uniform(0.75, 1.25)
        self._sleep(min(max(wait, wanted or 0.0), _LONGEST_WAIT))


@dataclass
class _Attempt:
    """One try of a request."""

    client: ChatClient
    body: dict[str, Any]
    reply: Reply | None = None
    why: str = ""
    wait: float | None = None
    # What the server counts; what may have been read and is not counted costs the most.
    tokens: tuple[int | None, int | None] = (None, None)

    def send(self) -> _Attempt:
        """Send it, and note what came of it.

        Raises:
            UserError: It would be refused the next time too.
        """
        httpx = _import_httpx()
        try:
            status, headers, content = self.client.post(self.body)
        except httpx.ConnectError as error:
            self.why, self.tokens = f"no connection ({first_line(error)})", (0, 0)
            return self
        except (httpx.HTTPError, TimeoutError) as error:
            self.why = f"{type(error).__name__} ({self.client.hide(str(error))})"
            return self
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UserError(
                f"{self.client.address.url} is no address ({first_line(error)})."
            ) from None
        if status in _PASSING:
            self.why = f"status {status} ({self.client.hide(content)})"
            self.wait = _seconds(headers.get("retry-after", ""))
            self.tokens = (0, 0) if status in _UNBILLED else (None, None)
        elif status in _OF_ONE_TEXT and self.client.has_answered:
            # Too long, or filtered: the others may pass.
            raise Unanswered(f"status {status} ({self.client.hide(content)})")
        elif status != 200:
            self._refuse(status, content)
        else:
            self._read(content)
        return self

    def _read(self, content: str) -> None:
        try:
            self.reply = read_reply(content)
        except ValueError as error:
            self.why = self.client.hide(f"what came is no answer ({first_line(error)})")
            return
        self.tokens = (self.reply.read, self.reply.written)

    def _refuse(self, status: int, content: str) -> None:
        address, said = self.client.address, self.client.hide(content)
        ways = {
            401: f"give the key of the server in the environment variable {KEY}",
            403: f"give a key that may use the model in the environment variable {KEY}",
            404: "look whether the server has this model, and whether the address ends in /v1",
        }
        way = ways.get(status, "look what the server expects")
        if "max_completion_tokens" in content:
            way = "it thinks before it answers: choose a chat model that answers at once"
        raise Refused(
            f"{address.url} refuses to ask {address.model!r} with status {status} ({said}): {way}.",
            status,
        )


def _seconds(text: str) -> float | None:
    """Return how long a server asks to wait, in seconds or until a date.

    >>> _seconds("2.5"), _seconds("soon")
    (2.5, None)
    """
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _import_httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise UserError('a teacher openai:... needs httpx: pip install "tfkd[api]".') from None
    return httpx
