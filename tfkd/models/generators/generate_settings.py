"""What a Hugging Face model's settings say of the texts that it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...text.hugging_face_folder import read_object
from ..hugging_face_config import most_tokens

_OF_MANY_LANGUAGES = ("m2m_100", "mbart", "nllb-moe", "nllb_moe", "plbart")


@dataclass(frozen=True)
class WritingSettings:
    """How a model begins and ends a text.

    Attributes:
        begins: What stands before each text that it writes, the token that starts it first; a
            BART's texts begin with a token of their own behind that.
        end: The token that ends a text.
        never: Tokens that it never writes.
        most: How many tokens a text has at most, those that it begins with among them; None where
            the model counts no positions.
    """

    begins: tuple[int, ...]
    end: int
    never: tuple[int, ...] = ()
    most: int | None = None

    def room(self, before: int | None = None) -> int | None:
        """Return how many tokens may be written; None where the model counts no positions.

        Args:
            before: How many tokens stand before them; by default those that it begins with.

        >>> WritingSettings((2, 0), 2, most=64).room()
        62
        """
        before = len(self.begins) if before is None else before
        return None if self.most is None else self.most - before


def read_generate_settings(path: Path, before: tuple[int, ...] = ()) -> WritingSettings:
    """Return what the files of a folder say.

    Args:
        path: A Hugging Face folder.
        before: What its tokenizer puts before each text.

    Raises:
        UserError: No token starts or ends a text.
    """
    config, more = (read_object(path / name) for name in ("config.json", "generation_config.json"))
    return find_generate_settings(merge_settings(config, more), str(path), before)


def settings_of_model(model: Any, before: tuple[int, ...] = ()) -> WritingSettings:
    """Return what the configuration of a model of transformers says.

    Args:
        model: The model.
        before: What its tokenizer puts before each text.

    Raises:
        UserError: No token starts or ends a text.
    """
    generation = getattr(model, "generation_config", None)
    more = {} if generation is None else generation.to_dict()
    return find_generate_settings(
        merge_settings(model.config.to_dict(), more), f"the {type(model).__name__}", before
    )


def merge_settings(config: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a model, those of its generation above the others.

    >>> merge_settings({"eos_token_id": 1, "pad_token_id": 0}, {"eos_token_id": None})
    {'eos_token_id': 1, 'pad_token_id': 0}
    """
    return {**config, **{name: value for name, value in more.items() if value is not None}}


def find_generate_settings(
    config: Mapping[str, Any], origin: str, before: tuple[int, ...] = ()
) -> WritingSettings:
    """Return how texts begin and end, by the settings of a model.

    Args:
        config: They, those of its generation among them.
        origin: What to call the model.
        before: What its tokenizer puts before each text.

    Raises:
        UserError: No token starts or ends a text, or nothing names the language to write.

    >>> find_generate_settings({"eos_token_id": 1}, "it")
    WritingSettings(begins=(1,), end=1, never=(), most=None)
    """
    seq2seq = bool(config.get("is_encoder_decoder"))
    end = _first_id(config.get("eos_token_id"))
    if end is None:
        raise UserError(
            f"{origin} has no end token, so that none of its texts would end: write the one that "
            'it was trained with as "eos_token_id" into its config.json.'
        )
    start = _first_id(config.get("decoder_start_token_id")) if seq2seq else None
    start = _first_id(config.get("bos_token_id")) if start is None else start
    if start is None and not seq2seq:
        # Such texts begin with what ended the one before.
        start = end
    if start is None:
        raise UserError(
            f"{origin} has no token that starts a text: write the one that it was trained with as "
            '"decoder_start_token_id" into its config.json.'
        )
    begins = (start, *_forced(config, origin, start, before)) if seq2seq else (start,)
    words = config.get("bad_words_ids") or ()
    never = tuple(word[0] for word in words if len(word) == 1)
    most = most_tokens(dict(config), int(config.get("pad_token_id") or 0))
    return WritingSettings(begins, end, never, most)


def without_tokens(logits: np.ndarray, never: tuple[int, ...]) -> np.ndarray:
    """Return logits by which some tokens are never written.

    Args:
        logits: Of the next token, `[texts, vocabulary]`.
        never: These tokens.
    """
    if not never:
        return logits
    logits = logits.copy()
    logits[:, list(never)] = -np.inf
    return logits


def pad_before(texts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return ids with padding before them, so that the next ones stand beside each other.

    Args:
        texts: Ids of each text.

    Returns:
        The ids, and 1 at tokens and 0 at padding.

    >>> pad_before([np.array([5]), np.array([6, 7])])[0].tolist()
    [[0, 5], [6, 7]]
    """
    longest = max(map(len, texts))
    ids, mask = (np.zeros((len(texts), longest), "int32") for _ in range(2))
    for place, text in enumerate(texts):
        start = longest - len(text)
        ids[place, start:], mask[place, start:] = text, 1
    return ids, mask


def _forced(
    config: Mapping[str, Any], origin: str, start: int, before: tuple[int, ...]
) -> tuple[int, ...]:
    """Return what is written behind the start in any case."""
    forced = _first_id(config.get("forced_bos_token_id"))
    if forced is not None:
        return (forced,)
    end = _first_id(config.get("eos_token_id"))
    if config.get("model_type") in _OF_MANY_LANGUAGES and start == end:
        raise UserError(
            f"{origin} writes several languages, and its files name none: write the token of the "
            'one that is wanted as "forced_bos_token_id" into its generation_config.json.'
        )
    # BART is trained on targets as its tokenizer makes any text: <s> pieces </s>.
    return before if before == (config.get("bos_token_id"),) != (start,) else ()


def _first_id(value: Any) -> int | None:
    value = value[0] if isinstance(value, (list, tuple)) and value else value
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if whole else None
