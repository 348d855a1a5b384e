"""A student made of its teacher's own layers, coordinates and word pieces."""

from ._shrink import of_ids, shrink

__all__ = ["of_ids", "shrink"]
