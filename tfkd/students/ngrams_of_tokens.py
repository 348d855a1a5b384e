"""Wide and deep for each token or word: hashed n-grams around it next to a small convolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
from keras import ops

from ..text.words import WORD_ENDS, WORD_STARTS
from ._ngrams import ngram_rows
from ._parts import Settings, present
from .features import Features
from .word_vectors import gather_words

KERNEL = 5
SHARED = 16  # numbers per n-gram where there are more than two classes


@dataclass(frozen=True)
class WideAndDeepTokens(Features):
    """The sum of two parts at each token, or at the first piece of each word.

    The wide part adds learnt vectors of the token, of the bigrams in which it is the last or the
    first one, and of the trigram around it; each n-gram is a row of a hash table. The deep part is
    a convolution.
    """

    vocab_size: int = 0
    options: Settings = field(default_factory=dict)
    joined: Sequence[keras.KerasTensor] = ()
    whole: Features | None = None

    def as_pooled(self) -> Features:
        """Return the student of whole texts; it has tables of its own, as each output has."""
        assert self.whole is not None
        return self.whole

    def by_word(
        self, words: Mapping[str, keras.KerasTensor], joined: Sequence[keras.KerasTensor] = ()
    ) -> Features:
        """Return the same body for words in place of tokens, joined with more of each word."""
        return replace(self, words=dict(words), joined=tuple(joined))

    def project(self, units: int, name: str) -> keras.KerasTensor:
        """Return `units` numbers for each token or word: the wide part's plus the deep part's."""
        own = "" if name == "logits" else f"{name}_"
        wide = keras.layers.Dense(units, name=f"{own}wide_logits")(self._wide(own))
        deep = self._read(self._deep(own))
        if self.joined:
            deep = keras.layers.Concatenate()([deep, *self.joined])
        deep = keras.layers.Dropout(self.dropout, seed=self.seed)(deep)
        deep = keras.layers.Dense(units, name=f"{own}deep_logits")(deep)
        # float32 under mixed precision too
        return keras.layers.Add(dtype="float32", name=name)([wide, deep])

    def _wide(self, own: str) -> keras.KerasTensor:
        total = self._vectors(self.ids, f"{own}piece_score", self.vocab_size)
        half, whole = (
            self.options[name] // SHARED // parts
            for name, parts in (("bigrams", 2), ("trigrams", 1))
        )
        if half:
            rows = ngram_rows(self.ids, 2, half)
            total = total + self._vectors(_moved(rows), f"{own}bigrams_before", half + 1)
            total = total + self._vectors(rows, f"{own}bigrams_behind", half + 1)
        if whole:
            rows = _moved(ngram_rows(self.ids, 3, whole))
            total = total + self._vectors(rows, f"{own}trigrams", whole + 1)
        return total

    def _vectors(self, rows: keras.KerasTensor, name: str, size: int) -> keras.KerasTensor:
        """Return the vectors of a table of zeros, none for row 0, where tokens or words are."""
        table = keras.layers.Embedding(size, SHARED, embeddings_initializer="zeros", name=name)
        return self._read(table(rows) * present(rows))

    def _deep(self, own: str) -> keras.KerasTensor:
        table = keras.layers.Embedding(
            self.vocab_size, self.options["width"], name=f"{own}token_embedding"
        )
        conv: Any = keras.layers.Conv1D(
            self.options["filters"], KERNEL, padding="same", activation="relu", name=f"{own}conv1d"
        )
        return conv(table(self.ids) * present(self.ids))

    def _read(self, hidden: keras.KerasTensor) -> keras.KerasTensor:
        if not self.words:
            return hidden
        return gather_words(hidden, self.words[WORD_STARTS], self.words.get(WORD_ENDS))


def _moved(rows: keras.KerasTensor) -> keras.KerasTensor:
    """Return the rows one place later: those of n-grams at their second token.

    >>> ops.convert_to_numpy(_moved(ops.array([[5, 6, 7]]))).tolist()
    [[0, 5, 6]]
    """
    return ops.pad(rows, [[0, 0], [1, 0]])[:, :-1]
