"""Two texts in one row: their ids, cut where the longer one ends, and which text each is of."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Encoding, Tokenizer, processors

IDS, SEGMENTS = "input_ids", "token_type_ids"
Pair = tuple[str, str]
PairIds = tuple[list[int], list[int]]
"""The ids of both texts with what a tokenizer puts around them, and their segments."""


def pair_tokenizer(tokenizer: Tokenizer, max_length: int, ends: Sequence[int]) -> Tokenizer:
    """Return a copy of a tokenizer that joins two texts and cuts the longer one first.

    Args:
        tokenizer: Joins texts as its own post-processor says; as BERT does without one.
        max_length: How many ids a pair has at most.
        ends: The ids of `[CLS]` and `[SEP]`, for a tokenizer without a post-processor; none where
            nothing stands around a text.
    """
    copy = Tokenizer.from_str(tokenizer.to_str())
    if copy.post_processor is None and ends:
        cls, sep = ends
        copy.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    copy.no_padding()
    copy.enable_truncation(max_length, strategy="longest_first")
    return copy


def segments_of(encoding: Encoding) -> list[int]:
    """Return 0 for each id up to the second text, and 1 from there on.

    They are the tokenizer's own where it tells the texts apart. RoBERTa's does not, and a student
    has to know all the same.
    """
    if any(encoding.type_ids):
        return encoding.type_ids
    places = encoding.sequence_ids
    start = places.index(1) if 1 in places else len(places)
    return [int(place >= start) for place in range(len(places))]


def tells_apart(tokenizer: Tokenizer) -> bool:
    """Return whether a tokenizer of pairs has segments of its own, for models that read them."""
    return any(tokenizer.encode("a", "a").type_ids)
