"""Write a text token by token with any model that says what may come next. NumPy alone.

`Decoding` says how, `NextTokens` is what a model has to be, and `Hypothesis` is what comes out of
`write`; `stream` gives the text as it comes. `FullPasses` makes a `NextTokens` of any model.
"""

from .decoding_settings import Decoding
from .full_passes import FullPasses
from .hypothesis import Hypothesis
from .next_tokens import NextTokens, State
from .streaming import stream
from .token_by_token import write

__all__ = ["Decoding", "FullPasses", "Hypothesis", "NextTokens", "State", "stream", "write"]
