"""How likely a text is to a language model. NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...data.examples import IGNORE
from ...data.reader import Arrays
from ..generation.scores.perplexity import label_loss


@dataclass(frozen=True)
class Likelihood:
    """What a model says of one text: how it foretold each of its tokens.

    Attributes:
        nats: The sum of the negative log-probabilities of the tokens.
        right: How many of them were the likeliest.
        likeliest: The likeliest token at the place of each.
        prompt: The beginning of the text, of those that the model was asked to continue.
        written: What it wrote then.
    """

    nats: float
    right: int
    likeliest: tuple[int, ...]
    prompt: str = ""
    written: str = ""

    @property
    def tokens(self) -> int:
        """How many tokens were foretold, the end of the text among them."""
        return len(self.likeliest)

    @property
    def nats_per_token(self) -> float:
        """The mean of the negative log-probabilities."""
        return self.nats / max(1, self.tokens)


def measure_text(outputs: Sequence[Arrays], rows: Sequence[Arrays]) -> Likelihood:
    """Return how likely a text is, given a model's outputs for its rows.

    Args:
        outputs: `logits` `[tokens, vocabulary]` of each row.
        rows: The rows, with `labels` `[tokens]`, -100 where nothing was to be foretold.

    >>> logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    >>> measure_text([{"logits": logits}], [{"labels": [0, 1]}])
    Likelihood(nats=2.995732273553991, right=1, likeliest=(0, 2), prompt='', written='')
    """
    nats, right, likeliest = 0.0, 0, list[int]()
    for output, row in zip(outputs, rows, strict=True):
        logits, labels = np.asarray(output["logits"]), np.asarray(row["labels"], "int64")
        nats += label_loss(logits, labels)[0]
        counted = labels != IGNORE
        best = logits[: len(labels)][counted].argmax(axis=-1)
        right += int((best == labels[counted]).sum())
        likeliest += best.tolist()
    return Likelihood(nats, right, tuple(likeliest))
