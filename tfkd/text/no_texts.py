"""What stands where a tokenizer is asked for, of a task whose rows hold no texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..errors import UserError


@dataclass(unsafe_hash=True)
class NoTexts:
    """The encoder of tasks whose rows hold an image, a sound or other numbers.

    It has what every encoder has, so that runs, stores and files need no second way, and encodes
    nothing.

    Attributes:
        inputs: The names of the arrays of a row that models read.
        max_length: Of no meaning, as there are no tokens; so are the other two.
        pad_id: See `max_length`.
        vocab_size: See `max_length`.
    """

    inputs: tuple[str, ...]
    max_length: int = 4
    pad_id: int = 0
    vocab_size: int = 1

    def encode_many(self, texts: Sequence[str]) -> NoReturn:
        """Refuse texts.

        Raises:
            UserError: Always.
        """
        raise UserError(f"this model reads {', '.join(self.inputs)} and no texts: give it such.")

    def encode_pairs(self, pairs: Sequence[Any]) -> NoReturn:
        """Refuse pairs of texts.

        Raises:
            UserError: Always.
        """
        self.encode_many(())

    def encode_words(
        self, sentences: Sequence[Any], *, before: Sequence[str] | None = None
    ) -> NoReturn:
        """Refuse sentences.

        Raises:
            UserError: Always.
        """
        self.encode_many(())

    def fingerprint(self) -> str:
        """Return a digest that no tokenizer has."""
        return "no texts"

    def save(self, folder: Path) -> None:
        """Write `preprocessing.json` into `folder`, which says what models read instead."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"inputs": list(self.inputs)}
        (folder / "preprocessing.json").write_text(json.dumps(facts, indent=1) + "\n")


def reads_texts(encoder: Any) -> bool:
    """Return whether an encoder makes ids of texts.

    >>> reads_texts(NoTexts(("image",)))
    False
    """
    return not isinstance(encoder, NoTexts)
