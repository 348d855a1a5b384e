"""Composite layers taken apart, so that heads and inner units are rows of dense layers.

`as_plain` and `check_plain` are the entries. `walking` goes over a functional model, `expanders`
lists what is taken apart, `split_attention`, `split_blocks` and `split_embeddings` say how;
`plain_attention` is what an attention becomes, `plain_layers` makes the layers.
"""

from ._plain import as_plain, check_plain

__all__ = ["as_plain", "check_plain"]
