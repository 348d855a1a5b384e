"""The model and the server that a spec names, and the key that the server wants."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from ...errors import UserError

KEY = "OPENAI_API_KEY"
_SPEC = re.compile(r"(?P<model>.+?)@(?P<address>https?://[^\s/@]+(?:/\S*)?)")


@dataclass(frozen=True)
class Address:
    """A model of a server.

    Attributes:
        model: Its name there.
        url: Of the server's interface, such as `http://localhost:8000/v1`.
    """

    model: str
    url: str


def read_address(text: str) -> Address:
    """Return the model and the address in `MODEL@http://HOST:PORT/v1`.

    Raises:
        UserError: It is not of this form.

    >>> read_address("org/small@http://localhost:8000/v1/")
    Address(model='org/small', url='http://localhost:8000/v1')
    """
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise UserError(
            f"the teacher openai:{text} names no model of a server: write "
            "openai:MODEL@http://HOST:PORT/v1 (or https://...)."
        )
    return Address(match["model"], match["address"].rstrip("/"))


def read_key() -> str:
    """Return the key of the server, empty without one.

    Raises:
        UserError: It holds what no header may have; it is not shown.
    """
    # What a file or a shell leaves behind it is no part of it.
    key = os.environ.get(KEY, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UserError(
            f"the environment variable {KEY} holds a character that no key has, such as a blank or "
            "a letter with an accent: copy the key again."
        )
    return key
