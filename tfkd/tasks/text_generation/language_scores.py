"""The measures of a language model, from how likely it finds each text. NumPy alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...errors import UserError
from ..generation.scores.perplexity import perplexity
from .likelihood import Likelihood


def score_texts(answers: Sequence[Likelihood], texts: Sequence[str]) -> dict[str, float]:
    """Return all measures of a language model on texts.

    By word and byte, models with unlike tokenizers compare.

    Args:
        answers: How likely each text is to the model.
        texts: The texts.

    Raises:
        UserError: There is no text.

    >>> scores = score_texts([Likelihood(6 * math.log(2), 1, (7, 8, 3))], ["ab cd"])
    >>> {name: round(value, 4) for name, value in scores.items()}
    {'perplexity': 4.0, 'word_perplexity': 4.0, 'byte_perplexity': 2.0, 'bits_per_byte': 1.0, \
'accuracy': 0.3333}
    """
    if not texts:
        raise UserError("there is no text to score on: give some with --test.")
    found = perplexity(_losses(answers), texts)
    tokens = sum(answer.tokens for answer in answers)
    return {
        **found,
        "bits_per_byte": math.log2(found["byte_perplexity"]),
        "accuracy": sum(answer.right for answer in answers) / max(1, tokens),
    }


def perplexity_of_some(answers: Sequence[Likelihood]) -> Callable[[np.ndarray], float]:
    """Return the perplexity by token as a function of the positions of the texts that count.

    Args:
        answers: How likely each text is to the model.
    """
    losses = _losses(answers)
    return lambda rows: perplexity(losses[rows], ())["perplexity"]


def _losses(answers: Sequence[Likelihood]) -> np.ndarray:
    """Return nats and tokens of each text, `[texts, 2]`."""
    pairs = [(answer.nats, answer.tokens) for answer in answers]
    return np.array(pairs, "float64").reshape(-1, 2)
