"""A student made of its teacher's own layers, coordinates and word pieces."""

from ._shrink import shrink
from .model_of_ids import as_model_of_ids

__all__ = ["as_model_of_ids", "shrink"]
