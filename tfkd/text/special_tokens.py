"""Special tokens by what they are for: what stands around a text, what pads it, what masks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tokenizers import Tokenizer

from ..errors import UserError

BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_PADS = ("[PAD]", "<pad>", "<PAD>", "<|pad|>", "<|padding|>", "<|endoftext|>")
_STARTS = ("[CLS]", "<s>", "<bos>", "[BOS]", "<|startoftext|>", "<|begin_of_text|>", "<START>")
_ENDS = ("[SEP]", "</s>", "<eos>", "[EOS]", "<|endoftext|>", "<|end_of_text|>", "<END>")
_MASKS = ("[MASK]", "<mask>", "<|mask|>", "<MASK>")


def ends_of(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Return the ids before and after a text, as the tokenizer's post-processor says.

    A vocabulary without one, of tfkd's own, has BERT's `[CLS]` and `[SEP]`.

    >>> from tokenizers.models import WordLevel
    >>> ends_of(Tokenizer(WordLevel({"[CLS]": 0, "[SEP]": 1, "a": 2}, "a")))
    ([0], [1])
    """
    processor = tokenizer.post_processor
    if processor is None:
        cls, sep = (tokenizer.token_to_id(piece) for piece in BERT[2:4])
        return ([], []) if cls is None or sep is None else ([cls], [sep])
    for part in _parts(json.loads(processor.__getstate__())):
        if part["type"] in ("BertProcessing", "RobertaProcessing"):
            return [part["cls"][1]], [part["sep"][1]]
        if part["type"] == "TemplateProcessing":
            return _of_template(part)
    return [], []


def find_pad(tokenizer: Tokenizer) -> int:
    """Return the id of the padding token.

    Raises:
        UserError: No token is called as one.
    """
    for piece in _PADS:
        found = tokenizer.token_to_id(piece)
        if found is not None:
            return found
    raise UserError(
        "the tokenizer has no padding token ([PAD], <pad>): write the one that its model was "
        'trained with as "pad_token" into tokenizer_config.json.'
    )


def find_writing_ends(tokenizer: Tokenizer) -> tuple[int, int]:
    """Return the ids of the tokens that a written text starts and ends with, -1 for none.

    Of GPT-2, the token between two texts is both.

    >>> from tokenizers.models import WordLevel
    >>> find_writing_ends(Tokenizer(WordLevel({"<pad>": 0, "</s>": 1, "a": 2}, "a")))
    (-1, 1)
    """
    start, end = (
        next((i for i in map(tokenizer.token_to_id, names) if i is not None), -1)
        for names in (_STARTS, _ENDS)
    )
    between = tokenizer.token_to_id("<|endoftext|>")
    return (between if start < 0 and between is not None else start), end


def find_mask(tokenizer: Tokenizer) -> int | None:
    """Return the id of the token that stands for a word to guess, if there is one."""
    ids = (tokenizer.token_to_id(piece) for piece in _MASKS)
    return next((found for found in ids if found is not None), None)


def special_ids(tokenizer: Tokenizer) -> set[int]:
    """Return the ids of all special tokens: those that are no piece of a text."""
    added = tokenizer.get_added_tokens_decoder()
    return {i for i, token in added.items() if token.special}


def check_word_pieces(tokenizer: Tokenizer) -> None:
    """Refuse a word-piece vocabulary without the tokens that BERT's has.

    Raises:
        UserError: It lacks one of them.
    """
    if tokenizer.post_processor is not None or type(tokenizer.model).__name__ != "WordPiece":
        return
    missing = [piece for piece in BERT[:4] if tokenizer.token_to_id(piece) is None]
    if missing:
        raise UserError(
            f"the vocabulary lacks {', '.join(missing)}; give a BERT-style word-piece vocabulary "
            "([PAD] first, with [UNK], [CLS], [SEP])."
        )


def _parts(processor: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a post-processor, or those of a sequence."""
    if processor["type"] != "Sequence":
        yield processor
    for part in processor.get("processors", ()):
        yield from _parts(part)


def _of_template(template: dict[str, Any]) -> tuple[list[int], list[int]]:
    before: list[int] = []
    after: list[int] = []
    side = before
    for piece in template["single"]:
        if "Sequence" in piece:
            side = after
        else:
            side.extend(template["special_tokens"][piece["SpecialToken"]["id"]]["ids"])
    return before, after
