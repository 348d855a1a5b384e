"""Texts as ids on disk, and the ways a model goes through them."""
