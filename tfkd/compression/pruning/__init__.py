"""Structured pruning: heads, units, channels, coordinates and layers are cut out of a model.

`axis_walk` goes through the graph of a functional model, call by call (`graph_calls`), and
`layer_rules` and `shape_rules` say what becomes of the places of axes in each kind of layer, so
that `positions` knows which are cut together. `families` lists them by layers, `importance` says
how much each matters, `choosing` picks, `cut_model` makes the smaller model; `blocks` are left out
whole. `_prune` is the compression, and `found` says what can be cut instead.
"""

from ._prune import Pruning

__all__ = ["Pruning"]
