"""Examples as rows: one item a row, or a whole list of items in one row to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...data.examples import IGNORE
from ...text import Encoder

LIKED, RIGHT, CANDIDATE, LIST = 0, 1, 2, 3
"""What a row is: an item that was liked, that which was next, another one, or all in blocks."""
PART, ITEM = "part", "item"


def is_lesson(example: Mapping[str, Any]) -> bool:
    """Return whether an example is one to learn from: a list with the right item, on no shelf."""
    return not example.get("shelf") and example.get("label") is not None


def encode_examples(
    examples: Sequence[Mapping[str, Any]], encoder: Encoder, history: int, negatives: int
) -> list[list[dict[str, Any]]]:
    """Return one row for each item of an example, or a row with all of them to learn from.

    A row to learn from has blocks of `encoder.max_length` ids: `history` for what was liked, then
    the candidates; a block without an item is padding.

    Args:
        examples: The examples.
        encoder: The tokenizer.
        history: Blocks for the items that were liked.
        negatives: Blocks for the candidates beside the right one.
    """
    blocks = _encode_texts(examples, encoder)
    return [
        [_list_of(example, blocks, history, negatives)]
        if is_lesson(example)
        else [_row(blocks[text], part, IGNORE) for part, text in _parts_of(example)]
        for example in examples
    ]


def _parts_of(example: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the items of an example, each with what it is in it."""
    if ITEM in example:
        yield CANDIDATE, example[ITEM]
        return
    yield from ((LIKED, text) for text in example["liked"])
    label = example.get("label")
    yield from ((RIGHT if text == label else CANDIDATE, text) for text in example["candidates"])


def _row(ids: list[int], part: int, label: int) -> dict[str, Any]:
    return {"input_ids": ids, PART: part, "labels": label}


def _encode_texts(examples: Sequence[Mapping[str, Any]], encoder: Encoder) -> dict[str, list[int]]:
    """Return the ids of each text, filled up to the length of a block."""
    texts = list(dict.fromkeys(text for example in examples for _, text in _parts_of(example)))
    length, pad = encoder.max_length, getattr(encoder, "pad_id", 0)
    blocks = {}
    for text, ids in zip(texts, encoder.encode_many(texts), strict=True):
        ids = list(ids)[:length]
        blocks[text] = ids + [pad] * (length - len(ids))
    return blocks


def _list_of(
    example: Mapping[str, Any], blocks: Mapping[str, list[int]], history: int, negatives: int
) -> dict[str, Any]:
    liked, label = example["liked"][-history:], example["label"]
    others = [text for text in example["candidates"] if text != label][:negatives]
    place = min(list(example["candidates"]).index(label), len(others))
    listed = [*others[:place], label, *others[place:]]
    empty = [0] * len(blocks[label])
    ids = [id for text in liked for id in blocks[text]]
    ids += empty * (history - len(liked))
    ids += [id for text in listed for id in blocks[text]]
    ids += empty * (1 + negatives - len(listed))
    return _row(ids, LIST, place)


def split_vectors(
    rows: Sequence[Mapping[str, Any]], vectors: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of what was liked, and those of the candidates, in their order."""
    parts = np.array([int(row[PART]) for row in rows])
    array = np.stack([np.asarray(vector, "float32") for vector in vectors])
    return array[parts == LIKED], array[parts != LIKED]
