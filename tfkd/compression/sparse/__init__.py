"""Weights set to zero by their magnitude, and kept at zero while what is left learns on.

`kernels` finds the weights, `selection` says which of them are the smallest, `rules` keeps zeros
through a training and adds to them by a schedule, `_sparse` is the compression.
"""

from ._sparse import Sparse

__all__ = ["Sparse"]
