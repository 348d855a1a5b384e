"""The best student under a budget of megabytes and milliseconds, found by training candidates.

`budget` is what may not be exceeded, `space` what a candidate may be, and `fits` measures one
before it is trained: size and time do not depend on weights.
"""

from .budget import Budget, Measured

__all__ = ["Budget", "Measured"]
