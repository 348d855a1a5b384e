"""Low rank: two thin matrices in place of a large one.

`factors` splits one matrix with the least error for real inputs, `ranks` shares a budget of weights
out. `matrix_layers` and `convolutions` see layers as matrices, `moments` reads what layers get,
`rebuilding` puts the new layers into a copy of the model.
"""

from ._low_rank import LowRank

__all__ = ["LowRank"]
