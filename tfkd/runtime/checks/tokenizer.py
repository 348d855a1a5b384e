"""A `tokenizer.json` of unknown origin: what may be in it, and how much it may make of a text.

Its parts run in Rust, which no text makes crash; but a few rules that each double a text fill any
memory, and one long pattern any time.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any

GROWTH = 64
"How many times as long as the text its tokens may become."
LONGEST = 200
"Characters of a pattern, and bytes that one character may become."
WORD = 1_000
"Characters of a word that WordPiece splits: its time is their square."
# Two repetitions in each other take steps without number.
_REPEATED = re.compile(r"\)[+*{]")
_NORMALIZERS = {"BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Precompiled"}
_NORMALIZERS |= {"Prepend", "Replace", "Sequence", "Strip", "StripAccents"}
_PRE_TOKENIZERS = {"BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "Metaspace"}
_PRE_TOKENIZERS |= {"Punctuation", "Sequence", "Split", "UnicodeScripts", "Whitespace"}
_PRE_TOKENIZERS |= {"WhitespaceSplit"}
_DECODERS = {"BPEDecoder", "ByteFallback", "ByteLevel", "Fuse", "Metaspace", "Replace", "Sequence"}
_DECODERS |= {"Strip", "WordPiece"}


def check_tokenizer(text: str) -> None:
    """Let a tokenizer pass that takes time and memory in proportion to a text.

    Raises:
        ValueError: It does not.
    """
    try:
        whole = json.loads(text)
        normalizers = list(_parts(whole.get("normalizer"), "normalizers"))
        pre_tokenizers = list(_parts(whole.get("pre_tokenizer"), "pretokenizers"))
        decoders = list(_parts(whole.get("decoder"), "decoders"))
        model = whole["model"]
    except (RecursionError, AttributeError, TypeError, KeyError, ValueError) as error:
        raise ValueError("tokenizer.json is none of the tokenizers library") from error
    kinds = ((normalizers, _NORMALIZERS), (pre_tokenizers, _PRE_TOKENIZERS), (decoders, _DECODERS))
    for parts, known in kinds:
        for part in parts:
            _check_part(part, known)
    if any(math.prod(map(_growth, parts)) > GROWTH for parts in (normalizers, decoders)):
        raise ValueError(f"tokenizer.json makes a text more than {GROWTH} times as long")
    if not isinstance(model, dict) or not _whole(model.get("max_input_chars_per_word", 0)) <= WORD:
        raise ValueError(f"tokenizer.json takes words of more than {WORD} characters to pieces")


def _parts(part: dict[str, Any] | None, below: str) -> Iterator[dict[str, Any]]:
    """Yield the part itself, and those of a sequence."""
    if part is not None:
        yield part
        for inner in part.get(below, ()):
            yield from _parts(inner, below)


def _check_part(part: dict[str, Any], known: set[str]) -> None:
    if part.get("type") not in known:
        raise ValueError("tokenizer.json has a part that tfkd does not know")
    pattern = json.dumps(part.get("pattern"))
    if len(pattern) > LONGEST or _REPEATED.search(pattern):
        raise ValueError(
            f"tokenizer.json has a pattern of more than {LONGEST} characters or that repeats a "
            "group"
        )


def _growth(part: dict[str, Any]) -> int:
    """Return how many times as long a text may become, at most."""
    if part["type"] == "Replace":
        # A pattern may match the nothing between two characters.
        text, content = part.get("pattern", {}).get("String"), str(part.get("content", ""))
        return max(1, -(-len(content) // len(text))) if text else 1 + len(content)
    if part["type"] == "Prepend":
        return 1 + len(str(part.get("prepend", "")))
    return GROWTH + 1 if part["type"] == "Precompiled" and _longest(part) > LONGEST else 1


def _longest(part: dict[str, Any]) -> int:
    """Return the bytes of the longest text that SentencePiece's table has for a character."""
    table = base64.b64decode(part.get("precompiled_charsmap") or "")
    trie = int.from_bytes(table[:4], "little")
    return max(map(len, table[4 + trie :].split(b"\0")))


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else WORD + 1
