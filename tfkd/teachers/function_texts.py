"""A Python function as a teacher of a task that writes: texts in, texts out."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..errors import UserError, first_line
from ..models.text_model import CLASSIFIER, FIRST, TextModel
from ..models.trial import Shapes
from ..tasks import Arrays
from ..text.batching import chunks
from ..text.decoding import Decoding, Hypothesis
from ..text.words import IDS
from .function_spec import KIND, digest_function, find_function
from .request import Request
from .returned_texts import read_returned
from .single_texts import SingleTexts

CALL = 64
"""Texts that a function gets at once: what it has to write again after a failure, at most."""
_START, _END = 1, 2
_MOST = 1_000_000


class WholeTexts(SingleTexts):
    """The encoder of functions of texts: the code point of each character, plus 3, is its id.

    >>> WholeTexts().decode(WholeTexts().encode_many(["a film"])[0])
    'a film'
    """

    whose = "functions of texts"
    vocab_size, pad_id, max_length = 0x110000 + 3, 0, _MOST
    start_id, end_id = _START, _END

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the characters of each text as numbers; 0 is padding."""
        return [[ord(character) + 3 for character in text] or [_END] for text in texts]

    def encode_targets(
        self, texts: Sequence[str], longest: int, *, mark_cut: bool = False
    ) -> list[list[int]]:
        """Return the characters of texts that are to be written, cut at the greatest length.

        Args:
            texts: The texts.
            longest: How many characters are kept.
            mark_cut: Whether one more is kept of a longer text, by which it is known.
        """
        return [[ord(character) + 3 for character in text[: longest + mark_cut]] for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids."""
        return "".join(chr(int(number) - 3) for number in ids if number >= 3)

    def fingerprint(self) -> str:
        """Return the same digest always: there is one such encoder."""
        return hashlib.sha256(b"whole texts").hexdigest()[:16]


class TextFunction:
    """A function of texts, and what tells it from others.

    Args:
        function: `texts -> texts`.
        origin: What to call it.
    """

    jit = False

    def __init__(self, function: Callable[..., Any], origin: str) -> None:
        self.function, self.origin = function, origin
        self.fingerprint = digest_function(function)

    def __call__(self, inputs: Any) -> NoReturn:
        """Refuse ids: nothing is known of single tokens.

        Raises:
            UserError: Always.
        """
        raise self.refusal()

    def refusal(self) -> UserError:
        """Return the error for whoever asks how likely tokens are."""
        return UserError(
            f"{self.origin} gives texts alone, and not how likely each token is: learn the texts "
            "that it writes (--task-set level=sequence)."
        )

    def write(self, texts: list[str]) -> list[list[Hypothesis]]:
        """Return what the function writes for some texts, best first.

        Args:
            texts: The texts.

        Raises:
            UserError: It fails, or returns something else.
        """
        try:
            returned = self.function(list(texts))
            returned = returned if isinstance(returned, (str, bytes, dict)) else _listed(returned)
        # A stranger's function may raise anything.
        except Exception as error:
            *_, last = traceback.extract_tb(error.__traceback__)
            raise UserError(
                f"the teacher {self.origin} raised {type(error).__name__} ({first_line(error)}; "
                f"{Path(last.filename).name}, line {last.lineno}) for {len(texts)} texts, first of "
                f"{texts[0][:60]!r}: mend it, and run the same again; what it wrote before is kept."
            ) from error
        return read_returned(returned, texts, self.origin)


@dataclass
class FunctionTexts(TextModel):
    """A function of texts in the place of a model, which writes and has no outputs."""

    def check(
        self, shapes: Shapes = CLASSIFIER, *, two_of_one: bool = False, pieces: str = FIRST
    ) -> TextModel:
        """Take the shapes as they are: a function has no logits.

        Args:
            shapes: The expected shape of each output.
            two_of_one: Of no meaning here.
            pieces: Of no meaning here.
        """
        self.shapes = shapes
        return self

    def run(
        self, rows: Sequence[Arrays], *, advance: Callable[[int], None] = lambda done: None
    ) -> NoReturn:
        """Refuse rows: nothing is known of single tokens.

        Args:
            rows: Arrays by name.
            advance: Is not called.

        Raises:
            UserError: Always.
        """
        raise self.model.refusal()

    def write(
        self,
        rows: Sequence[Arrays],
        decoding: Decoding,
        *,
        advance: Callable[[int], None] = lambda done: None,
    ) -> list[list[Hypothesis]]:
        """Return the texts that the function writes for each row, the best first.

        Args:
            rows: Arrays by name, as for other models.
            decoding: Of no meaning here: the function alone says how it writes.
            advance: Is called with the number of rows done, after each call.

        Raises:
            UserError: The function fails, or returns something else than texts.
        """
        encoder: Any = self.encoder
        written: list[list[Hypothesis]] = []
        for some in chunks([encoder.decode(row[IDS]) for row in rows], CALL):
            written += self.model.write(list(some))
            advance(len(some))
        return written


def load_function(path: str, request: Request) -> TextModel:
    """Find a function of texts.

    Args:
        path: `MODULE:NAME`.
        request: What it is loaded for.

    Raises:
        UserError: There is none, or the task asks for more than texts.
    """
    task, origin = request.task, f"{KIND}:{path}"
    if not task.learns_texts:
        raise UserError(
            f"the teacher {origin} is a function of texts, which gives texts alone, and the task "
            f"{task.name} asks for numbers: give a model, such as keras:PATH or hf:FOLDER."
        )
    if request.max_length:
        raise UserError(
            f"max_length of the teacher is {request.max_length}, and {origin} reads whole texts: "
            "leave it out, and cut them in the function."
        )
    function = TextFunction(find_function(path), origin)
    return request.check(FunctionTexts(function, WholeTexts(), origin=origin))


def _listed(returned: Any) -> Any:
    """Return what may be a generator as a list: it may fail when it is read."""
    return list(returned) if hasattr(returned, "__iter__") else returned
