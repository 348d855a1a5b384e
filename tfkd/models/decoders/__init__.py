"""Models that write, taken apart: what reads the source once, and what reads one token more.

`transformer_layers` are the computations of their layers, which students are built with too. So a
step computes what the whole model computes. `finding_graphs` finds the layers of a Keras model.
"""

from .finding_graphs import find_graphs, open_decoder
from .parts_of_models import Graphs

__all__ = ["Graphs", "find_graphs", "open_decoder"]
