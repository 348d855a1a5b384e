"""Answers that a file is not sure of: below a certified threshold it asks.

No TensorFlow here: the runtime reads with this file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..files import replace_when_whole
from .bundle import MEDIAPIPE, check_seal, read_encoder
from .zip_tail import pack, unpack

if TYPE_CHECKING:
    from ..tasks import Task

ASK_BELOW = "ask_below"
"""The entry of `tfkd.json` that holds the threshold, and what it was certified on."""


@dataclass(frozen=True)
class Ask:
    """In place of an answer that is not sure enough: somebody else should be asked.

    Attributes:
        answer: What the file would have answered, its guess.
        confidence: How sure it is of that; NaN where the file gives no number.
    """

    answer: Any
    confidence: float


def guess_of(answer: Any) -> Any:
    """Return an answer as the file's task gives it: of an `Ask` its guess.

    Args:
        answer: As `Predictor.predict` gave it.

    >>> guess_of(Ask("refund", 0.4)), guess_of("refund")
    ('refund', 'refund')
    """
    return answer.answer if isinstance(answer, Ask) else answer


def ask_below(answers: Sequence[Any], task: Task, threshold: float) -> list[Any]:
    """Return the answers with an `Ask` in place of those of less confidence than the threshold.

    Args:
        answers: As `task` gives them.
        task: Knows the confidence of an answer.
        threshold: The least confidence of what is answered.
    """
    found = []
    for answer in answers:
        confidence = task.confidence(answer)
        confidence = math.nan if confidence is None else confidence
        # Of NaN every comparison is false: it is asked about.
        found.append(answer if confidence >= threshold else Ask(answer, confidence))
    return found


def write_ask_below(path: Path, values: Mapping[str, Any]) -> None:
    """Write a threshold into an exported file, whose model stays as it is, byte for byte.

    The file is there as it was until the new one is whole and was opened.

    Args:
        path: A `.tflite` file of `tfkd.export` with its tokenizer.
        values: `confidence`, the threshold, and plain values that say what it was certified on.

    Raises:
        UserError: No such file, a damaged one, or one whose client answers everything.
    """
    content = path.read_bytes()
    files = unpack(content, str(path))
    _, settings = read_encoder(files, str(path))
    check_seal(content, settings, str(path))
    _refuse_clients(settings, path)
    sealed = settings.get("model")
    if sealed is None:
        raise UserError(f"{path} was written by an older tfkd: export it again.")
    settings[ASK_BELOW] = dict(values)
    model, text = content[: sealed["bytes"]], json.dumps(settings, indent=1)
    with replace_when_whole(path) as part:
        part.write_bytes(pack(model, {**files, "tfkd.json": text}))
        written = part.read_bytes()
        _, again = read_encoder(unpack(written, str(part)), str(part))
        check_seal(written, again, str(part))
        if again[ASK_BELOW] != settings[ASK_BELOW]:
            raise UserError(f"{path} cannot hold {dict(values)!r:.80}: nothing was changed.")


def refuse_clients_file(path: Path) -> None:
    """Refuse a file that another library runs, which answers every text.

    Raises:
        UserError: It is one, or has no settings inside.
    """
    _refuse_clients(read_encoder(unpack(path.read_bytes(), str(path)), str(path))[1], path)


def _refuse_clients(settings: Mapping[str, Any], path: Path) -> None:
    if settings.get("client") == MEDIAPIPE:
        raise UserError(
            f"{path} is for MediaPipe, which answers every text and cannot ask: certify the file "
            "that tfkd.runtime reads, or compare MediaPipe's score with a threshold yourself."
        )
