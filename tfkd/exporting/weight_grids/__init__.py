"""Which numbers a file can hold of each weight, and whether it holds those that were trained.

`stored_weights` reads what a file stores in few bits, `grid` rounds a variable to such numbers,
`matching` finds which variable each of them is, and `probing` the grids of a model by a file of it.
`kept` compares a file with a model that lies on its grids.
"""

from .grid import Grid
from .kept import count_kept
from .probing import find_grids

__all__ = ["Grid", "count_kept", "find_grids"]
