"""What a Hugging Face model's settings say of the texts that it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        also_ends: Other tokens that end a text, of a model that has several.
    """

    begins: tuple[int, ...]
    end: int
    never: tuple[int, ...] = ()
    most: int | None = None
    also_ends: tuple[int, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        # Fingerprints of models with one end are those of before.
        return f"{self!r}{self.also_ends or ''}"

    def room(self, before: int | None = None) -> int | None:
        """Return how many tokens may be written; None where the model counts no positions.

        Args:
            before: How many tokens stand before them; by default those that it begins with.

        >>> WritingSettings((2, 0), 2, most=64).room()
        62
        """
        before = len(self.begins) if before is None else before
        return None if self.most is None else self.most - before

    @property
    def unwritten(self) -> tuple[int, ...]:
        """The tokens that no text of a student has: the other ends, and what is never written."""
        return tuple({*self.also_ends, *self.never} - {self.end})

    def choose_from(self, logits: np.ndarray) -> np.ndarray:
        """Return logits with one end, and without the tokens that are never written.

        Args:
            logits: Of the next token, `[texts, vocabulary]`.
        """
        return with_one_end(without_tokens(logits, self.never), (self.end, *self.also_ends))


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
    end, *others = _ids(config.get("eos_token_id")) or (None,)
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
    never = (*(word[0] for word in words if len(word) == 1), *_ids(config.get("suppress_tokens")))
    # Settings that were taken over from a larger vocabulary.
    rows = config.get("vocab_size") or np.inf
    never = tuple(token for token in never if 0 <= token < rows)
    most = most_tokens(dict(config), int(config.get("pad_token_id") or 0))
    return WritingSettings(begins, end, never, most, tuple(others))


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


def with_one_end(logits: np.ndarray, ends: tuple[int, ...]) -> np.ndarray:
    """Return logits by which the first of several ends is as likely as all of them together.

    Args:
        logits: Of the next token, `[texts, vocabulary]`.
        ends: The tokens that end a text.

    >>> with_one_end(np.log([[0.5, 0.25, 0.25]]), (1, 2)).round(2).tolist()
    [[-0.69, -0.69, -inf]]
    """
    if len(ends) < 2:
        return logits
    logits = logits.copy()
    logits[:, ends[0]] = np.logaddexp.reduce(logits[:, list(ends)], axis=1)
    logits[:, list(ends[1:])] = -np.inf
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
    return next(iter(_ids(value)), None)


def _ids(value: Any) -> tuple[int, ...]:
    """Return the ids of a setting that is one, a list of them, or anything else."""
    values = value if isinstance(value, (list, tuple)) else (value,)
    # True is 1 to Python.
    return tuple(each for each in values if type(each) is int and each >= 0)
