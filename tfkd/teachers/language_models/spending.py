"""What calls cost, and a limit that is never passed."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import UserError
from .prompts import Message

_AROUND_MESSAGE = 16
"""Tokens that a server's template may put around a message, and around the whole chat."""
_MILLION = 1e6


@dataclass(frozen=True)
class Prices:
    """Prices for a million tokens, in any currency, and what may be spent.

    Attributes:
        read: Of a token that the model reads.
        written: Of a token that it writes.
        most_cost: What all calls may cost; any amount by default.
        most_calls: How many calls there may be; any number by default.
    """

    read: float = 0.0
    written: float = 0.0
    most_cost: float = math.inf
    most_calls: float = math.inf

    def cost(self, read: int, written: int) -> float:
        """Return what so many tokens cost."""
        return (read * self.read + written * self.written) / _MILLION


def most_tokens(messages: Sequence[Message]) -> int:
    """Return how many tokens a chat has at most: no token is less than a byte.

    >>> most_tokens([{"role": "user", "content": "é"}])
    34
    """
    texts = (message["content"].encode("utf-8", "surrogatepass") for message in messages)
    return sum(len(text) + _AROUND_MESSAGE for text in texts) + _AROUND_MESSAGE


class Spending:
    """Counts calls and costs of all threads, and keeps a call's greatest cost ready before it.

    Args:
        prices: The prices and the limits.
        calls: Calls that were made before, such as by an interrupted run.
        cost: What they cost.
    """

    def __init__(self, prices: Prices, calls: int = 0, cost: float = 0.0) -> None:
        self.prices, self.calls, self.cost = prices, calls, cost
        self._ready, self._open, self._beyond = 0.0, 0, 0.0
        self._changed = threading.Condition()

    def reserve(self, most_read: int, most_written: int) -> float:
        """Keep the greatest cost of a call ready, and return it.

        Raises:
            OutOfMoney: The call would pass a limit.
        """
        with self._changed:
            cost = self.prices.cost(most_read, most_written) + self._beyond
            # Calls that are on their way cost less than what is kept ready for them.
            while self._open and self.cost + self._ready + cost > self.prices.most_cost:
                self._changed.wait()
            self._check(cost)
            self.calls += 1
            self._open += 1
            self._ready += cost
        return cost

    def _check(self, cost: float) -> None:
        if self.calls + 1 > self.prices.most_calls:
            raise OutOfMoney(
                f"{self.calls:,} calls were made, which is what max_calls allows: give a greater "
                "number, and the same command goes on."
            )
        if self.cost + cost > self.prices.most_cost:
            raise OutOfMoney(
                f"{self.cost:.4f} were spent in {self.calls:,} calls, and the next one may cost "
                f"{cost:.4f}, more than max_cost={self.prices.most_cost:g} leaves: give a greater "
                "number, and the same command goes on."
            )

    def settle(self, reserved: float, read: int | None, written: int | None) -> float:
        """Replace what was kept ready by what the server says; return that.

        Args:
            reserved: What `reserve` returned.
            read: Tokens that the server counts; None where it tells none, or has not answered.
            written: The same of those that were written.
        """
        known = read is not None and written is not None
        cost = self.prices.cost(read or 0, written or 0) if known else reserved
        with self._changed:
            self._open -= 1
            # Sums of floats would leave a rest.
            self._ready = self._ready - reserved if self._open else 0.0
            self.cost += cost
            # A server that counts more than a call can have does so with the next one too.
            self._beyond = max(self._beyond, self._beyond + cost - reserved)
            self._changed.notify_all()
        return cost


class OutOfMoney(UserError):
    """A limit of calls or costs is reached; all answers so far are kept."""
