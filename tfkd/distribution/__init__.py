"""Many devices, many machines: strategies by name, sums over replicas, what Keras 3 misses."""

from .assigning import assign_on_replicas
from .means import global_sum, share_of_batch, share_of_global_mean
from .strategies import strategy

__all__ = [
    "assign_on_replicas",
    "global_sum",
    "share_of_batch",
    "share_of_global_mean",
    "strategy",
]
