"""Augmented texts by a masked language model: words become others that fit in their place."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import UserError
from .augmentation import stable_hash
from .batching import pad_to_multiple
from .encoder import TextEncoder

BATCH = 32
_PARTS = re.compile(r"\w+|\W+")


@dataclass(frozen=True)
class Neighbours:
    """TinyBERT's rules: words replaced by a language model's guesses, or by their neighbours.

    A word of one piece is hidden, and `top` guesses of the model stand in for it; a longer one is
    replaced by the `top` words of one piece whose embeddings are nearest to the mean of its own.
    Each word is replaced with the probability `replace`, in `copies` texts; what comes out twice,
    or as it went in, is left out. What comes out depends on model, text and `seed` alone.

    Args:
        model: `{"input_ids", "attention_mask"} -> logits [batch, tokens, pieces]`, or a mapping
            with them as `logits`; a Hugging Face TensorFlow model for masked language modelling,
            say.
        encoder: Its tokenizer.
        embeddings: `[pieces, width]`, for words of several pieces; without it these stay.

    Raises:
        UserError: a probability outside 0 to 1, a tokenizer without `[MASK]`.

    Source: Jiao et al. 2020 (TinyBERT), arXiv:1909.10351, algorithm 1: replace 0.4, 20 copies, 15
    guesses (there GloVe's neighbours; here those among the model's own embeddings).
    """

    model: Any
    encoder: TextEncoder
    embeddings: np.ndarray | None = None
    copies: int = 20
    replace: float = 0.4
    top: int = 15
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.replace <= 1:
            raise UserError(f"Neighbours(replace={self.replace}): write a probability, 0 to 1.")
        if self.encoder.tokenizer.token_to_id("[MASK]") is None:
            raise UserError("the tokenizer has no [MASK]: take that of a masked language model.")

    def augment(self, text: str) -> list[str]:
        """Return new texts from one, at most `copies`, in the order in which they were made."""
        parts = _PARTS.findall(text)
        candidates = self._candidates(parts)
        copies = dict.fromkeys(self._one(parts, candidates, text, n) for n in range(self.copies))
        return [copy for copy in copies if copy != text]

    def __call__(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield new texts from each of `texts`."""
        for text in texts:
            yield from self.augment(text)

    def _one(
        self, parts: list[str], candidates: dict[int, list[str]], text: str, number: int
    ) -> str:
        rng = random.Random(stable_hash(self.seed, number, text))
        changed = list(parts)
        for place, words in candidates.items():
            if rng.random() < self.replace:
                changed[place] = rng.choice(words)
        return "".join(changed)

    def _candidates(self, parts: list[str]) -> dict[int, list[str]]:
        """Return what may stand in for each word, by its place among the parts."""
        find = self.encoder.tokenizer
        pieces = [find.encode(part, add_special_tokens=False).ids for part in parts]
        before, after = self.encoder.ends
        # After [CLS], or what stands there.
        starts = np.cumsum([len(before), *map(len, pieces)])
        room = self.encoder.max_length - len(before) - len(after)
        ids = [token for part in pieces for token in part][:room]
        words = [i for i, part in enumerate(parts) if part[0].isalnum()]
        single = [i for i in words if len(pieces[i]) == 1 and starts[i] < len(before) + len(ids)]
        guesses = self._guesses(ids, [int(starts[i]) for i in single])
        best = {i: self._best(row, parts[i]) for i, row in zip(single, guesses, strict=True)}
        if self.embeddings is not None:
            several = [i for i in words if len(pieces[i]) > 1]
            best |= {i: self._best(self._similarity(pieces[i]), parts[i]) for i in several}
        return {place: best[place] for place in sorted(best) if best[place]}

    def _guesses(self, ids: list[int], places: list[int]) -> Iterator[np.ndarray]:
        """Yield the scores of all tokens at each place, of which each is hidden alone."""
        before, after = self.encoder.ends
        whole = np.array([*before, *ids, *after])
        for start in range(0, len(places), BATCH):
            some = places[start : start + BATCH]
            rows = np.tile(whole, (len(some), 1))
            rows[np.arange(len(some)), some] = self.encoder.tokenizer.token_to_id("[MASK]")
            rows = pad_to_multiple(rows.astype("int32"), self.encoder.pad_id)
            mask = (rows != self.encoder.pad_id).astype("int32")
            scores = self.model({"input_ids": rows, "attention_mask": mask})
            scores = np.asarray(scores["logits"] if isinstance(scores, Mapping) else scores)
            yield from scores[np.arange(len(some)), some]

    def _similarity(self, pieces: list[int]) -> np.ndarray:
        """Return the similarity of all tokens to a word of several."""
        mean = self._directions[pieces].mean(axis=0)
        return self._directions @ mean

    @cached_property
    def _directions(self) -> np.ndarray:
        table = np.asarray(self.embeddings, "float32")
        return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)

    @cached_property
    def _vocabulary(self) -> tuple[list[str], np.ndarray]:
        """The pieces without the mark that begins a word, and which of them are whole words."""
        pieces = self.encoder.vocabulary
        mark = _mark_of_words(pieces)
        bare = [piece.removeprefix(mark) for piece in pieces]
        whole = [
            # Behind Ġ stand bytes, which are letters of ASCII alone.
            piece.startswith(mark) and word.isalpha() and (mark != "Ġ" or word.isascii())
            for piece, word in zip(pieces, bare, strict=True)
        ]
        return bare, np.array(whole)

    def _best(self, scores: np.ndarray, word: str) -> list[str]:
        """Return the `top` whole words, without the word itself."""
        pieces, words = self._vocabulary
        scores = np.where(words, scores[: len(pieces)], -np.inf)
        best = np.argsort(-scores, kind="stable")[: self.top + 1]
        words_found = [pieces[i] for i in best if np.isfinite(scores[i])]
        return [other for other in words_found if other != word.lower()][: self.top]


def _mark_of_words(pieces: Sequence[str]) -> str:
    """Return what pieces that begin a word begin with; nothing where the others are marked.

    >>> _mark_of_words(["film", "##s"]), _mark_of_words(["▁film", "s"]), _mark_of_words(["Ġfilm"])
    ('', '▁', 'Ġ')
    """
    if any(piece.startswith("##") for piece in pieces):
        return ""
    begins = {piece[0] for piece in pieces if piece[1:].isalpha()}
    return next((mark for mark in "▁Ġ" if mark in begins), "")
