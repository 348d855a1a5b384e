"""Training on the quantiser's grid: weights are those numbers that the file can hold of them.

`rule` rounds them while layers read them, and lets gradients through.
"""

from ._grid import OnGrid

__all__ = ["OnGrid"]
