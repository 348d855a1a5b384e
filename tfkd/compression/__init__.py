"""Compressions: functions from model to model, whose damage distillation heals.

`compression` says what all of them have in common, `evidence` what they may look at, `_compress`
finds one by its spec. `plain` turns composite layers into plain ones first, `pruning` cuts units
out, `sparse` sets weights to zero, `low_rank` splits matrices, `grid` trains weights on the numbers
that the file will have.
"""

from ._compress import KINDS, parse
from .compression import Compression, read_settings
from .evidence import Evidence

__all__ = ["KINDS", "Compression", "Evidence", "parse", "read_settings"]
