"""A tokenizer whose padding is id 0, as that of every student of tfkd is."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from tokenizers import Tokenizer

from .encoder import TextEncoder


def with_padding_first(encoder: TextEncoder) -> TextEncoder:
    """Return the same tokenizer with its padding as id 0, and the ids before it one higher.

    The students of `tfkd.students` take 0 for padding, while RoBERTa's tokenizer, say, begins every
    text with it.

    >>> from tokenizers.models import WordLevel
    >>> encoder = TextEncoder(Tokenizer(WordLevel({"a": 0, "b": 1, "<pad>": 2}, "b")))
    >>> encoder.encode("a"), with_padding_first(encoder).encode("a")
    ([0], [1])
    """
    if encoder.pad_id == 0:
        return encoder
    facts = json.loads(encoder.tokenizer.to_str())
    pad = encoder.pad_id

    def renumber(i: int) -> int:
        return 0 if i == pad else i + (i < pad)

    piece = encoder.vocabulary[pad]
    facts["model"] = _renumbered_model(facts["model"], piece, renumber)
    for token in facts["added_tokens"]:
        token["id"] = renumber(token["id"])
    facts["added_tokens"].sort(key=lambda token: token["id"])
    renumber_ends(facts["post_processor"], renumber)
    tokenizer = Tokenizer.from_str(json.dumps(facts))
    ends = {name: getattr(encoder, name) for name in ("start_id", "end_id")}
    ends = {name: i if i < 0 else renumber(i) for name, i in ends.items()}
    return dataclasses.replace(encoder, tokenizer=tokenizer, pad_id=0, **ends)


def _renumbered_model(model: dict[str, Any], pad: str, renumber: Any) -> dict[str, Any]:
    vocabulary = model["vocab"]
    if isinstance(vocabulary, Mapping):
        ids = {piece: renumber(i) for piece, i in vocabulary.items()}
        return {**model, "vocab": {**ids, pad: 0}}
    # Unigram's pieces are numbered by their order.
    others = [pair for pair in vocabulary if pair[0] != pad]
    own = next((pair for pair in vocabulary if pair[0] == pad), [pad, 0.0])
    unknown = model.get("unk_id")
    unknown = unknown if unknown is None else renumber(unknown)
    return {**model, "vocab": [own, *others], "unk_id": unknown}


def renumber_ends(part: Any, renumber: Callable[[int], int]) -> None:
    """Change the ids within a post-processor.

    Args:
        part: Its settings, or those of a part of it; None where there is none.
        renumber: Returns the new id of an old one.
    """
    if not isinstance(part, dict):
        return
    for name in ("cls", "sep"):
        if isinstance(part.get(name), list):
            part[name][1] = renumber(part[name][1])
    for token in part.get("special_tokens", {}).values():
        token["ids"] = [renumber(i) for i in token["ids"]]
    for inner in part.get("processors", ()):
        renumber_ends(inner, renumber)
