"""A student made of its teacher's own layers, coordinates and word pieces."""

from ._shrink import as_model_of_ids, shrink

__all__ = ["as_model_of_ids", "shrink"]
