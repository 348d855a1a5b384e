"""A model whose next token depends on the last two: small enough to try all texts."""

import itertools

import numpy as np

END, START = 0, 1


class Markov:
    """A `NextTokens` of random logits; a row's `input_ids` say which random ones."""

    end_id = END

    def __init__(self, vocabulary=6, seed=0, sharpness=2.0):
        draw = np.random.default_rng(seed).normal(size=(5, vocabulary, vocabulary, vocabulary))
        self.logits = (sharpness * draw).astype(np.float32)
        self.logits[..., START] = -np.inf

    def begin(self, rows):
        kinds = np.array([row["input_ids"][0] for row in rows])
        start = np.full(len(rows), START)
        return (kinds, start), start

    def step(self, state, tokens):
        kinds, before = state
        return self.logits[kinds, before, tokens], (kinds, np.asarray(tokens))

    def select(self, state, places):
        return tuple(array[places] for array in state)

    def run(self, rows):
        """Return the logits of whole rows, as a model without a cache does."""
        return [
            {"logits": self._whole(row["input_ids"][0], row["decoder_input_ids"])} for row in rows
        ]

    def _whole(self, kind, ids):
        before = [START, *ids[:-1]]
        return np.stack([self.logits[kind, b, i] for b, i in zip(before, ids, strict=True)])

    def score(self, kind, ids, finished=True):
        """Return the log-probability of a text, computed in float64."""
        total, before, last = 0.0, START, START
        for token in [*ids, END] if finished else ids:
            logits = self.logits[kind, before, last].astype(np.float64)
            total += logits[token] - np.log(np.exp(logits).sum())
            before, last = last, token
        return total

    def all_texts(self, kind, longest):
        """Yield all texts of at most so many tokens with their scores."""
        tokens = range(2, self.logits.shape[-1])
        for length in range(longest + 1):
            for ids in itertools.product(tokens, repeat=length):
                yield ids, self.score(kind, ids)


def spell(ids):
    return " ".join(map(str, ids))
