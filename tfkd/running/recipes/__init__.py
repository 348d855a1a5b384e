"""The classic recipes, each a short TOML of run settings."""

from ._read import names, read, settings, title

__all__ = ["names", "read", "settings", "title"]
