"""Small Keras 3 text classifiers to distil into: ids `[batch, length]` to `[batch, classes]`.

Each is a plain functional model: it saves, loads and exports without tfkd.
"""

from __future__ import annotations

import sys
from difflib import get_close_matches

from ..errors import UserError
from ._parts import SIZES
from .bag_of_ngrams import bag_of_ngrams
from .bilstm import bilstm
from .ngram_cnn import ngram_cnn
from .text_cnn import text_cnn
from .transformer import transformer

STUDENTS = {
    each.__name__: each for each in (ngram_cnn, bag_of_ngrams, text_cnn, bilstm, transformer)
}
# The highest rate of Adam, after a warm-up, that each learnt well with.
LEARNING_RATES = {
    "ngram_cnn": 5e-3,
    "bag_of_ngrams": 5e-3,
    "text_cnn": 2e-3,
    "bilstm": 3e-3,
    "transformer": 1e-3,
}

SHRUNK = 5e-5  # for layers that have been trained


def rate_of(spec: str) -> float:
    """The highest learning rate for a student `NAME:SIZE`, or one made of its teacher."""
    return LEARNING_RATES.get(spec.partition(":")[0], SHRUNK)


__all__ = ["STUDENTS", "SIZES", "LEARNING_RATES", "build", *STUDENTS]


def build(name: str, vocab_size: int, classes: int, size: str = "small", **settings):
    """A student by name; `seed` and each student's own settings are keywords.

    Raises:
        UserError: an unknown name, size or setting, or one with an impossible value.

    >>> build("text_cnn", 100, 3, "tiny", filters=8).output.shape
    (None, 3)
    """
    if name not in STUDENTS:
        near = get_close_matches(name, STUDENTS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UserError(f"no student is called {name!r}{hint}; write one of {', '.join(STUDENTS)}.")
    try:
        return STUDENTS[name](vocab_size, classes, size, **settings)
    except UserError:
        raise
    except (ValueError, TypeError, ArithmeticError) as error:
        given = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{name} cannot be built with {given}: {reason}") from error


def sizes_of(name: str) -> dict[str, dict]:
    """The settings of each size of a student."""
    return sys.modules[STUDENTS[name].__module__].SIZES
