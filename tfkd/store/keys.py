"""What an example is known by: a hash of what the teacher saw of it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from ..errors import UserError
from ..models.input_names import (
    DECODER_IDS,
    DECODER_MASKS,
    ENCODER_IDS,
    ENCODER_MASKS,
    IDS,
    MASKS,
    SEGMENTS,
)
from ..text.words import FILLS

SIZE = 16  # bytes
TEXTS = ("text", "text_pair")
FAMILIES = ((IDS, MASKS), (DECODER_IDS, DECODER_MASKS))
"""Names of ids, and of the masks of their padding: of a text that is read, and of one written."""
_ALL_MASKS = (*MASKS, *DECODER_MASKS)
_OF_TOKENS = (*IDS, *DECODER_IDS, *ENCODER_IDS, *_ALL_MASKS, *ENCODER_MASKS, *SEGMENTS)
Example = dict[str, Any]


def key_of(example: Example, pad_id: int = 0) -> bytes:
    """Return the key of one example: 16 bytes.

    They are a hash of each input, in the order of their names: the name, a kind (`i`, `f` or `s`)
    and the shape, each followed by a zero byte, then the values as little-endian int64 or float32,
    or as UTF-8.
    Integers in one row lose the zeros at their end, which are padding (token ids with a mask: what
    it leaves out; places of words: -1); what is empty then, and masks, do not count; token ids
    count as `ids` by whatever name a library gives them (those of a text that is written, as
    `decoder_ids`), and lose their tokenizer's padding where it is no 0.

    Args:
        example: The inputs by name.
        pad_id: What the teacher's tokenizer pads with.

    >>> key_of({"input_ids": np.array([101, 7, 102, 0]), "attention_mask": [1, 1, 1, 0]}).hex()[:8]
    '7030d41b'
    >>> key_of({"ids": np.array([101, 7, 102])}).hex()[:8]
    '7030d41b'
    """
    digest = blake2b(digest_size=SIZE)
    for name in sorted((n for n in example if n not in _ALL_MASKS), key=_plain):
        masks = next((masks for ids, masks in FAMILIES if name in ids), ())
        tokens = next((_length(value) for each, value in example.items() if each in masks), None)
        fill = pad_id if masks else FILLS.get(name, 0)
        kind, shape, data = _to_bytes(example[name], tokens, fill)
        if data:
            digest.update(f"{_plain(name)}\0{kind}\0{shape}\0".encode() + data)
    return digest.digest()


def keys_of(examples: list[Example], pad_id: int = 0) -> np.ndarray:
    """Return the keys of many examples: `[examples]`, dtype `S16`."""
    return as_keys(b"".join(key_of(example, pad_id) for example in examples))


def as_keys(data: bytes | np.ndarray) -> np.ndarray:
    """Make keys of their bytes, in a form that NumPy can sort and search."""
    # A byte string of NumPy compares as if zeros were appended: equal is equal all the same.
    return np.frombuffer(np.ascontiguousarray(data) if len(data) else b"", f"S{SIZE}")


def name_inputs(inputs: Any) -> Example:
    """Name the inputs: a single tensor is `ids` if it holds integers, `x` if floats, or `text`."""
    if isinstance(inputs, Mapping):
        return dict(inputs)
    if isinstance(inputs, (tuple, list)):
        return {f"x{i}": value for i, value in enumerate(inputs)}
    kind = np.dtype(getattr(inputs.dtype, "as_numpy_dtype", inputs.dtype)).kind
    return {{"i": "ids", "u": "ids", "b": "ids", "f": "x"}.get(kind, "text"): inputs}


def name_texts(texts: str | tuple[str, str]) -> Example:
    """Name a text, or the two of a pair."""
    return {"text": texts} if isinstance(texts, str) else dict(zip(TEXTS, texts, strict=True))


def examples_of(batch: Any) -> list[Example]:
    """Take a batch of inputs apart, each example without its padding where a mask tells it."""
    arrays = {name: np.asarray(value) for name, value in name_inputs(batch).items()}
    counts = {len(array) if array.ndim else None for array in arrays.values()}
    if len(counts) != 1 or None in counts:
        raise UserError(
            "a store takes batches, inputs whose first axis is the same batch: write "
            "dataset.batch(32) before."
        )
    count = counts.pop() or 0
    rows = [{name: array[i] for name, array in arrays.items()} for i in range(count)]
    for family in FAMILIES:
        mask = next((array for name, array in arrays.items() if name in family[1]), None)
        if mask is not None and mask.ndim == 2:
            ends = zip(rows, _ends(mask), strict=True)
            rows = [_cut(row, length, mask.shape[1], family) for row, length in ends]
    return rows


def _ends(mask: np.ndarray) -> np.ndarray:
    lengths = (mask != 0).sum(1)
    if (np.arange(mask.shape[1]) < lengths[:, None]).tolist() != (mask != 0).tolist():
        raise UserError(
            "the mask of an example has a 0 before a 1: a store takes texts that are padded at "
            'their end (padding_side="right").'
        )
    return lengths


def _cut(row: Example, length: int, width: int, family: tuple[tuple[str, ...], ...]) -> Example:
    """Cut the padding of one of the two texts of a row."""
    of_written = is_of_written(family[0][0])
    return {
        name: value[:length]
        if is_of_written(name) == of_written and _per_token(name, value, width, length)
        else value
        for name, value in row.items()
    }


def is_of_written(name: str) -> bool:
    """Return whether an input has a value for each token of the text that is written.

    Such inputs are named after the decoder, which reads them, in all libraries.

    >>> is_of_written("decoder_padding_mask"), is_of_written("encoder_token_ids")
    (True, False)
    """
    return name.startswith("decoder_")


def _per_token(name: str, value: Any, width: int, length: int) -> bool:
    """Return whether an input has a value for each token; a row of floats is features.

    So are whole numbers of an unknown name, where they go on behind the last token.
    """
    if name in FILLS:
        return False
    if np.shape(value)[:1] != (width,) or (value.ndim == 1 and value.dtype.kind not in "iub"):
        return False
    known = name in _OF_TOKENS or "position" in name
    return known or value.ndim > 1 or not value[length:].any()


def _plain(name: str) -> str:
    if name in DECODER_IDS:
        return "decoder_ids"
    return "ids" if name in IDS else name


def _length(mask: Any) -> int | None:
    """Return how many tokens a mask leaves; `None` for one of another shape."""
    return int(np.count_nonzero(mask)) if np.ndim(mask) == 1 else None


def _to_bytes(value: Any, tokens: int | None, fill: int) -> tuple[str, str, bytes]:
    """Return kind, shape and bytes; `tokens` says how many integers are no padding, if known."""
    if isinstance(value, (str, bytes)) or np.asarray(value).dtype.kind in "SUO":
        value = value if isinstance(value, (str, bytes)) else np.asarray(value).item()
        return "s", "", value.encode() if isinstance(value, str) else value
    array = np.asarray(value)
    if array.dtype.kind not in "iub":
        return "f", _shape(array), array.astype("<f4").tobytes()
    data = array.astype("<i8").tobytes()
    if array.ndim != 1:
        return "i", _shape(array), data if array.any() else b""
    length = count_tokens(array, fill) if tokens is None else tokens
    return "i", str(length), data[: 8 * length]


def count_tokens(ids: Any, pad_id: int) -> int:
    """Return how many ids there are without the padding at their end.

    >>> count_tokens([5, 0, 1, 1], 1)
    2
    """
    used = np.flatnonzero(np.asarray(ids) != pad_id)
    return int(used[-1]) + 1 if len(used) else 0


def _shape(array: np.ndarray) -> str:
    return ",".join(map(str, array.shape))
