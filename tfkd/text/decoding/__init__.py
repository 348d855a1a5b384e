"""Write a text token by token with any model that says what may come next. NumPy alone.

`Decoding` says how, `NextTokens` is what a model has to be, and `Hypothesis` is what comes out.
"""

from .decoding_settings import Decoding
from .hypothesis import Hypothesis
from .next_tokens import NextTokens, State

__all__ = ["Decoding", "Hypothesis", "NextTokens", "State"]
