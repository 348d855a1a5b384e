"""Give a text as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .decoding_settings import Decoding
from .next_tokens import NextTokens
from .text_in_progress import count_common
from .token_by_token import Decode, advance_all, open_text

_HALF_A_CHARACTER = "\N{REPLACEMENT CHARACTER}"


def stream(
    model: NextTokens, row: Mapping[str, Any], decoding: Decoding, decode: Decode
) -> Iterator[str]:
    """Yield the pieces of a text as soon as nothing can change them; joined, they are the text.

    With several beams a piece is certain where all of them have it. Only of bytes that are no
    character may a piece differ from what they are read as in the end.

    Args:
        model: What says which tokens may come next.
        row: Arrays by name, as a task encodes its example.
        decoding: How.
        decode: Makes a text of ids.
    """
    text = open_text(row, model.end_id, decoding)
    before = shown = ""
    for _ in advance_all(model, [row], [text]):
        now = decode(text.settled)
        # The next token may complete a character, or take the blank before it away.
        agreed = now[: count_common([before, now])].rstrip(_HALF_A_CHARACTER)
        if len(agreed) > len(shown):
            yield agreed[len(shown) :]
            shown = agreed
        before = now
    results = text.results()
    whole = decode(results[0].ids) if results else ""
    if len(whole) > len(shown):
        yield whole[len(shown) :]
