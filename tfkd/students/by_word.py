"""Vectors of tokens as vectors of words, within a model's graph."""

from __future__ import annotations

from collections.abc import Collection

import keras

from ..text.affixes import AFFIXES
from ..text.words import WORD_ENDS, WORD_STARTS
from .features import Features

AFFIX_WIDTH = 16


def by_word(features: Features, inputs: Collection[str] = (WORD_STARTS,)) -> Features:
    """Return features of tokens as features of words.

    A word's vector is that of its first piece, or the mean over its pieces where the model reads
    `word_ends` too. Where it reads affixes, learnt vectors of the word's first letters, last
    letters and shape are joined to it.

    Args:
        features: Those of a body, with a vector for each token.
        inputs: The names of the arrays that the model reads; those with a number for each word
            become inputs of it.
    """
    names = [name for name in (WORD_STARTS, WORD_ENDS, *AFFIXES) if name in inputs]
    words = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    joined = [
        keras.layers.Embedding(size + 1, AFFIX_WIDTH, name=f"{name}_embedding")(words[name])
        for name, size in AFFIXES.items()
        if name in words
    ]
    return features.by_word(words, joined)
